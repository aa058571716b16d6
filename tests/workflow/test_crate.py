"""A finished run as an RO-Crate: what is in the zip, and what its metadata says.

The structure is tested here: the profiles' public validator, roc-validator, asks for an older version of a locked
package, and fetches contexts from the network.
"""

import base64
import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from miniature import Miniature
from record_factory import make_artifact, source
from rocrate.rocrate import ROCrate

from affectflow.core.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.lineage.crate import METADATA, write_crate
from affectflow.lineage.crate_files import named_information
from affectflow.lineage.crate_graph import Passing

Entities = dict[str, dict[str, Any]]


def entities(crate: Path) -> Entities:
    with zipfile.ZipFile(crate) as archive:
        graph = json.loads(archive.read(METADATA))["@graph"]
    by_id = {entity["@id"]: entity for entity in graph}
    assert len(by_id) == len(graph), "an entity is there twice"
    return by_id


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def ids(entity: dict[str, Any], key: str) -> list[str]:
    return [item["@id"] for item in as_list(entity.get(key))]


def find_by_type(graph: Entities, kind: str) -> list[dict[str, Any]]:
    return [entity for entity in graph.values() if kind in as_list(entity["@type"])]


@pytest.fixture(scope="module")
def crate(finished: Miniature, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The crate of the finished run, written by the command."""
    out = tmp_path_factory.mktemp("crate") / "run.zip"
    result = finished.affectflow("crate", out, "--agent", "A. Person")
    assert "other code" not in result.stderr
    return out


class TestCrate:
    pytestmark = pytest.mark.slow

    def test_results_and_records_are_in_it_and_nothing_licensed(self, crate: Path, finished: Miniature) -> None:
        with zipfile.ZipFile(crate) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            for name in names:
                if name.startswith(("results/", "data/", "work/", "models/", "Snakefile", "src/")):
                    assert archive.read(name) == (finished.folder / name).read_bytes(), name
        assert {"results/test_track1.csv", "results/metrics.json", "Snakefile", "config/config.yaml"} <= set(names)
        assert "work/demo/frames/video6.arrow.record.json" in names
        intermediates = [
            name for name in names if name.startswith(("data/", "work/", "models/", "predictions/", "fusion/"))
        ]
        assert len(intermediates) > 40
        assert all(name.endswith(".record.json") for name in intermediates)

    def test_every_file_that_it_tells_of_is_there_with_size_and_digest(self, crate: Path) -> None:
        graph = entities(crate)
        with zipfile.ZipFile(crate) as archive:
            names = set(archive.namelist())
            files = find_by_type(graph, "File")
            assert files
            for entity in files:
                if entity["@id"].startswith("ni:"):
                    continue
                content = archive.read(unquote(entity["@id"]))
                assert len(content) == int(entity["contentSize"]), entity["@id"]
                assert hashlib.sha256(content).hexdigest() == entity["sha256"], entity["@id"]
        folders = [entity["@id"] for entity in find_by_type(graph, "Dataset") if entity["@id"] != "./"]
        assert {"src/", "results/submission/track1/"} <= set(folders) <= names
        parts = set(ids(graph["./"], "hasPart"))
        assert {entity["@id"] for entity in find_by_type(graph, "File")} <= parts | {
            part for folder in folders for part in ids(graph[folder], "hasPart")
        }

    def test_what_is_named_has_its_digest_size_and_path(self, crate: Path, finished: Miniature) -> None:
        references = [entity for name, entity in entities(crate).items() if name.startswith("ni:")]
        assert {".mp4", ".txt", ".safetensors", ".arrow", ".parquet"} <= {Path(e["name"]).suffix for e in references}
        for entity in references:
            content = (finished.folder / entity["name"]).read_bytes()
            digest = hashlib.sha256(content).digest()
            value = entity["@id"].removeprefix("ni:///sha-256;").partition("?")[0]
            assert base64.urlsafe_b64decode(value + "=") == digest
            assert entity["sha256"] == digest.hex() and entity["contentSize"] == str(len(content))

    def test_nothing_is_pointed_at_that_is_not_there(self, crate: Path) -> None:
        graph = entities(crate)

        def find_targets(value: Any) -> Iterator[str]:
            if isinstance(value, dict):
                yield value["@id"]
            elif isinstance(value, list):
                for item in value:
                    yield from find_targets(item)

        loose = {
            target
            for entity in graph.values()
            for key, value in entity.items()
            if key not in ("conformsTo", "identifier", "url")
            for target in find_targets(value)
            if target not in graph
        }
        assert loose == set()

    def test_it_declares_its_profiles_and_its_workflow(self, crate: Path) -> None:
        graph = entities(crate)
        root = graph["./"]
        assert [name for name in ids(root, "conformsTo") if graph[name]["@type"] == "CreativeWork"] == [
            "https://w3id.org/ro/wfrun/process/0.5",
            "https://w3id.org/ro/wfrun/workflow/0.5",
            "https://w3id.org/ro/wfrun/provenance/0.5",
            "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
        ]
        assert "https://w3id.org/ro/crate/1.1" in ids(graph[METADATA], "conformsTo")
        assert {"name", "description", "datePublished", "license"} <= set(root)
        assert "say nothing about people" in root["description"]
        workflow = graph[root["mainEntity"]["@id"]]
        assert set(workflow["@type"]) == {"File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"}
        assert "Snakemake" in graph[workflow["programmingLanguage"]["@id"]]["name"]

    def test_each_file_is_the_result_of_the_one_job_that_made_it(self, crate: Path, finished: Miniature) -> None:
        graph, chain = entities(crate), Chain(finished.folder)
        jobs = [entity for entity in find_by_type(graph, "CreateAction") if entity["@id"] != "#run"]
        assert jobs and set(ids(graph["./"], "mentions")) == {"#run", "#engine-run", *(job["@id"] for job in jobs)}
        by_result: dict[str, dict[str, Any]] = {}
        for job in jobs:
            for result in ids(job, "result"):
                assert result not in by_result
                by_result[result] = job
        records = chain.behind(name for name in chain.recorded() if name.startswith("results/"))
        for name, record in records.items():
            if record is None:
                continue
            inside, folder = name.startswith("results/"), record.artifact.files is not None
            crate_path = f"{name}/" if folder else name
            job = by_result[crate_path if inside else named_information(record.artifact.sha256, name)]
            assert (job["startTime"], record.rule) == (record.start, job["name"].partition(":")[0])
            assert job["endTime"] >= record.end
            input_names = [graph[item]["name"] for item in ids(job, "object")]
            assert {item.path for item in record.inputs} <= set(input_names)
            assert graph[job["instrument"]["@id"]]["version"] == record.code.fingerprint
            assert record.code.fingerprint in job["description"]

    def test_tools_steps_and_controls_belong_together(self, crate: Path) -> None:
        graph = entities(crate)
        workflow = graph["Snakefile"]
        tools, steps = ids(workflow, "hasPart"), ids(workflow, "step")
        assert tools and all(name.startswith("workflow/scripts/") for name in tools) and len(tools) == len(steps)
        assert {tool for step in steps for tool in ids(graph[step], "workExample")} == set(tools)
        assert [graph[step]["position"] for step in steps] == [str(n) for n in range(1, len(steps) + 1)]
        controls = ids(graph["#engine-run"], "object")
        jobs = [name for control in controls for name in ids(graph[control], "object")]
        assert sorted(jobs) == sorted(n for n in graph if n.startswith("#job-"))
        assert graph["#run"]["instrument"]["@id"] == "Snakefile"
        assert "results/test_track1.csv" in ids(graph["#run"], "result")
        assert graph["#agent"]["name"] == "A. Person" and ids(graph["#run"], "agent") == ["#agent"]

    def test_a_training_names_its_settings_seed_and_run(self, crate: Path, finished: Miniature) -> None:
        graph = entities(crate)
        record = Chain(finished.folder).record("models/demo/ntua/va/F/official-123/model.safetensors")
        assert record is not None and record.mlflow is not None
        model = named_information(record.artifact.sha256, record.artifact.path)
        job = next(e for e in find_by_type(graph, "CreateAction") if model in ids(e, "result"))
        values = {graph[n]["name"]: graph[n]["value"] for n in ids(job, "object") if n.startswith("#value-")}
        assert json.loads(values["train: branch"]) == record.options["branch"]
        assert values["train: seed seed"] == "123"
        assert graph[job["identifier"]["@id"]]["value"] == record.mlflow.run

    def test_rocrate_reads_it(self, crate: Path) -> None:
        ro_crate = ROCrate(str(crate))
        assert ro_crate.mainEntity.id == "Snakefile"
        assert ro_crate.get("results/test_track1.csv").type == "File"

    def test_the_same_run_gives_the_same_bytes(self, crate: Path, finished: Miniature, tmp_path: Path) -> None:
        chain = Chain(finished.folder)
        names = [name for name in chain.recorded() if name.startswith("results/")]
        write_crate(chain, names, finished.folder, tmp_path / "again.zip", Passing(agent="A. Person"))
        assert (tmp_path / "again.zip").read_bytes() == crate.read_bytes()

    def test_other_code_is_told_from_the_code_that_ran(self, finished: Miniature, tmp_path: Path) -> None:
        root = tmp_path / "root"
        for part in ("src", "workflow", "requirements", "rules"):
            shutil.copytree(finished.folder / part, root / part)
        shutil.copy2(finished.folder / "Snakefile", root)
        with (root / "src/affectflow/preprocessing/face/align.py").open("a") as file:
            file.write("\nCHANGED = 1\n")
        result = write_crate(
            Chain(finished.folder),
            ["results/test_track1.csv"],
            root,
            tmp_path / "run.zip",
            Passing("https://example.org/l"),
        )
        graph = entities(tmp_path / "run.zip")
        tools = {graph[name]["name"]: name for name in ids(graph["Snakefile"], "hasPart")}
        assert result.other_code == 1
        assert tools["align_face"].startswith("#code-align_face-")
        assert tools["decode"] == "workflow/scripts/decode.py"
        assert "this crate has other code" in graph[tools["align_face"]]["description"]
        assert ids(graph["./"], "license") == ["https://example.org/l"]
        assert "results/metrics.json" not in graph


def folder_with_a_run(folder: Path) -> Chain:
    """A repository with one rule that has run once, on a video elsewhere."""
    for name in ("requirements/lock.txt", "requirements/torch.txt"):
        source(folder, name, "snakemake==9.27.1\n")
    source(folder, "Snakefile")
    source(folder, "workflow/scripts/submit.py", '"""Submit."""\n')
    make_artifact(folder, "results/a.csv", "submit", [source(folder, "data/v 1&ü.mp4")])
    return Chain(folder)


def test_a_name_with_odd_signs_stays_one_file(tmp_path: Path) -> None:
    write_crate(folder_with_a_run(tmp_path), ["results/a.csv"], tmp_path, tmp_path / "c.zip", Passing())
    references = [entity for name, entity in entities(tmp_path / "c.zip").items() if name.startswith("ni:")]
    assert [entity["name"] for entity in references] == ["data/v 1&ü.mp4"]
    assert references[0]["@id"].endswith("?path=data/v%201%26%C3%BC.mp4")


def test_a_result_that_is_not_what_its_record_says_is_refused(tmp_path: Path) -> None:
    chain = folder_with_a_run(tmp_path)
    (tmp_path / "results/a.csv").write_text("other")
    with pytest.raises(InputError, match=r"results/a\.csv: is not the file that its record is about"):
        write_crate(chain, ["results/a.csv"], tmp_path, tmp_path / "c.zip", Passing())
    (tmp_path / "results/a.csv").unlink()
    with pytest.raises(InputError, match=r"results/a\.csv: is not there"):
        write_crate(chain, ["results/a.csv"], tmp_path, tmp_path / "c.zip", Passing())
    assert not (tmp_path / "c.zip").exists()


def test_records_from_outside_the_folder_have_a_place(tmp_path: Path) -> None:
    chain = folder_with_a_run(tmp_path / "project")
    video = make_artifact(tmp_path, str(tmp_path / "corpus/v.mp4"), "demo")
    make_artifact(tmp_path / "project", "results/b.csv", "submit", [video])
    write_crate(chain, ["results/b.csv"], tmp_path / "project", tmp_path / "c.zip", Passing())
    with zipfile.ZipFile(tmp_path / "c.zip") as archive:
        content = archive.read(f"outside{video}.record.json")
    assert content == Path(f"{video}.record.json").read_bytes()
    assert f"outside{video}.record.json" in entities(tmp_path / "c.zip")


def test_a_source_is_refused(tmp_path: Path) -> None:
    chain = folder_with_a_run(tmp_path)
    with pytest.raises(InputError, match="is a source or has no record"):
        write_crate(chain, ["data/v 1&ü.mp4"], tmp_path, tmp_path / "c.zip", Passing())
