"""The metadata of a crate: what RO-Crate 1.1 and the Workflow Run Crate profiles ask for, told from the records.

Profiles: https://w3id.org/ro/wfrun (version 0.5) and https://w3id.org/workflowhub/workflow-ro-crate/1.0.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from affectflow import __version__
from affectflow.artifacts.record import SOURCES, Record
from affectflow.lineage.chain import Chain
from affectflow.lineage.code import locked_versions
from affectflow.lineage.crate_files import CrateFiles
from affectflow.lineage.crate_tools import Tools
from affectflow.lineage.jobs import DoneJob
from affectflow.lineage.settings import settings_of

_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
_TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}
_FOLDERS = {
    "envs": "Conda environments with the pins of the lock.",
    "profiles": "How Snakemake is run.",
    "requirements": "The packages and their locked versions.",
    "src": "The library that the scripts call.",
}
_DONE = "http://schema.org/CompletedActionStatus"


@dataclass(frozen=True)
class Passing:
    """Who passes a crate on, and how."""

    licence: str | None = None
    """URL of the licence of the crate."""
    agent: str | None = None
    """Name of the person who ran the workflow."""


class Graph:
    """The entities of a crate.

    Args:
        chain: records of the project.
        root: the repository.
        known: everything behind the crate's artifacts.
        inside: artifacts that are in the zip.
        payload: files of the zip by their name in it.
        passing: who passes the crate on, and how.
    """

    def __init__(
        self,
        chain: Chain,
        root: Path,
        ancestry: Mapping[str, Record | None],
        inside: Collection[str],
        payload: Mapping[str, Path],
        passing: Passing,
    ) -> None:
        self._root, self._ancestry, self._inside, self._payload = root, ancestry, inside, payload
        self._crate = ROCrate(version="1.1")
        self._crate.metadata.extra_terms = _TERMS
        self._files = CrateFiles(self._crate, chain, ancestry, inside, payload)
        self._entities: dict[str, Entity] = {}
        self.tools = Tools(self._crate, self._files, root, payload)
        self._agent = self._person(passing.agent) if passing.agent else None
        self._licence = self._add_licence(passing.licence)

    def generate(self) -> dict[str, Any]:
        """The document `ro-crate-metadata.json`."""
        document: dict[str, Any] = self._crate.metadata.generate()
        for entity in document["@graph"]:
            for key, value in entity.items():
                if isinstance(value, list) and len(value) == 1:  # RO-Crate 1.1: not a list of one
                    entity[key] = value[0]
        return document

    def add_run(self, jobs: Sequence[DoneJob], targets: Sequence[str]) -> None:
        """Tell of the run that made the artifacts `targets`."""
        end = max(job.end for job in jobs)
        self._describe_root(jobs, targets, end)
        for name in self._ancestry:
            self._files.artifact(name)
        workflow = self._workflow(jobs)
        actions = {job.name: self._action(job) for job in jobs}
        rules = list(dict.fromkeys(record.rule for record in self._ancestry.values() if record))  # inputs first
        steps, controls = [], []
        for position, rule in enumerate(rules, start=1):
            rule_jobs = [job for job in jobs if job.rule == rule]
            tools = list({tool.id: tool for job in rule_jobs for tool in [self.tools.of(job)]}.values())
            steps.append(self._add(f"#step-{rule}", "HowToStep", name=rule, position=str(position), workExample=tools))
            controls.append(
                self._add(
                    f"#control-{rule}",
                    "ControlAction",
                    name=f"{rule}: {len(rule_jobs)} job(s)",
                    instrument=steps[-1],
                    object=[actions[job.name] for job in rule_jobs],
                    actionStatus=_DONE,
                )
            )
        workflow["step"] = steps
        workflow["hasPart"] = self.tools.entities
        self._add_runs(workflow, jobs, controls, list(actions.values()), end)

    def _add_runs(
        self, workflow: Entity, jobs: Sequence[DoneJob], controls: list[Entity], actions: list[Entity], end: str
    ) -> None:
        times = {"startTime": min(job.start for job in jobs), "endTime": end, "actionStatus": _DONE}
        workflow_run = self._add(
            "#run",
            "CreateAction",
            name="Run of the workflow",
            description="All jobs behind the results; they may stem from several calls of Snakemake.",
            instrument=workflow,
            object=[self._files.artifact(name) for name, record in self._ancestry.items() if record is None],
            result=[self._files.artifact(name) for name in self._inside],
            **times,
            **self._agent_properties(),
        )
        version = locked_versions(self._root).get("snakemake", ["unknown"])[-1]
        url = "https://snakemake.github.io/"
        engine = self._add(url, "SoftwareApplication", name="Snakemake", url=url, softwareVersion=version)
        engine_run = self._add(
            "#engine-run",
            "OrganizeAction",
            name="Snakemake",
            instrument=engine,
            object=controls,
            result=workflow_run,
            **times,
            **self._agent_properties(),
        )
        self._crate.root_dataset["mentions"] = [workflow_run, engine_run, *actions]

    def _describe_root(self, jobs: Sequence[DoneJob], targets: Sequence[str], end: str) -> None:
        root = self._crate.root_dataset
        root["name"] = f"affectflow run: {', '.join(targets)}"
        synthetic = any(job.rule in SOURCES for job in jobs)
        root["description"] = (
            f"In-the-wild video to scores of affect: what {len(jobs)} jobs made, and the record of each file. "
            "Results, records and the workflow are in this crate; source videos, label files, models and other "
            "artifacts are named by path, size and SHA-256, and not in it."
        ) + (" The corpus is synthetic: its scores say nothing about people." if synthetic else "")
        root["datePublished"] = end
        root["license"] = self._licence
        root["conformsTo"] = [
            self._add(url, "CreativeWork", name=name, version=version) for url, (name, version) in _PROFILES.items()
        ]
        if self._agent is not None:
            root["author"] = self._agent

    def _workflow(self, jobs: Sequence[DoneJob]) -> Entity:
        """The Snakefile as the crate's main entity, and the files and folders around it."""
        for folder, description in _FOLDERS.items():
            if any(name.startswith(f"{folder}/") for name in self._payload):
                self._files.workflow_folder(folder, description)
        for name in self._payload:
            if name.startswith(("config/", "rules/", "workflow/")):
                self._files.workflow_file(name)
        if "README.md" in self._payload:
            self._files.workflow_file("README.md", about=self._crate.root_dataset)
        last = jobs[-1].first.code
        state = f"+{last.commit[:12]}{'.changed' if last.dirty else ''}" if last.commit else ""
        workflow: Entity = self._crate.add_workflow(
            dest_path="Snakefile",
            main=True,
            lang="snakemake",
            properties=self._files.facts("Snakefile")
            | {
                "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
                "name": "affectflow",
                "description": "Snakemake workflow from videos to scores of affect.",
                "version": f"{__version__}{state}",
                "license": self._licence,
                "conformsTo": {"@id": "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"},
            },
        )
        return workflow

    def _action(self, job: DoneJob) -> Entity:
        results = [self._files.artifact(record.artifact.path) for record in job.records]
        code, machine = job.first.code, job.first.machine
        commit = f", commit {code.commit}{' with changes' if code.dirty else ''}" if code.commit else ""
        suffix = f" and {len(results) - 1} more" if len(results) > 1 else ""
        action = self._add(
            f"#job-{job.name}",
            "CreateAction",
            name=f"{job.rule}: {job.first.artifact.path}{suffix}",
            description=(
                f"Code {code.fingerprint}{commit}; host {machine.host}, {machine.device}, {machine.threads} thread(s), "
                f"Python {machine.python}, {machine.platform}."
            ),
            instrument=self.tools.of(job),
            object=[*(self._files.artifact(item.path) for item in job.inputs), *self._values(job)],
            result=results,
            startTime=job.start,
            endTime=job.end,
            actionStatus=_DONE,
            **self._agent_properties(),
        )
        if job.first.mlflow is not None:
            run = job.first.mlflow.run
            action["identifier"] = self._add(f"#mlflow-{run}", "PropertyValue", name="MLflow run", value=run)
        return action

    def _values(self, job: DoneJob) -> list[Entity]:
        """Settings and seeds; jobs with the same share them."""
        values = settings_of(job.first) | {f"seed {name}": seed for name, seed in job.first.seeds.items()}
        entities = []
        for name, value in values.items():
            text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
            key = hashlib.sha256(json.dumps([job.rule, name, text]).encode()).hexdigest()[:12]
            entities.append(self._add(f"#value-{key}", "PropertyValue", name=f"{job.rule}: {name}", value=text))
        return entities

    def _person(self, name: str) -> Entity:
        return self._add("#agent", "Person", name=name)

    def _agent_properties(self) -> dict[str, Entity]:
        return {} if self._agent is None else {"agent": self._agent}

    def _add_licence(self, url: str | None) -> Entity:
        if url is not None:
            return self._add(url, "CreativeWork", name=url)
        return self._add(
            "#licence",
            "CreativeWork",
            name="No licence given",
            description="Who passes this crate on says under which licence. Corpora and models keep their own.",
        )

    def _add(self, identifier: str, kind: str, **properties: Any) -> Entity:
        """A contextual entity; one that is there already stays as it is."""
        if identifier not in self._entities:
            stated = {key: value for key, value in properties.items() if value != []}
            self._entities[identifier] = self._crate.add(
                ContextEntity(self._crate, identifier, {"@type": kind, **stated})
            )
        return self._entities[identifier]
