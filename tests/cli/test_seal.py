"""One digest over a whole chain, and signatures of it."""

import argparse
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from record_factory import forge_record, make_artifact, source, write_record

from affectflow.artifacts.digest import path_digest
from affectflow.artifacts.record import Input
from affectflow.cli.anchors import anchor_options, check_anchors, holds_anchors
from affectflow.cli.main import main
from affectflow.core.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.lineage.seal import changes, digest_of_list, seal_list
from affectflow.lineage.signature import sign, signer
from affectflow.lineage.tree import as_lines

RESULT = "results/scores.csv"


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chain:
    """A result that is made from a model and a folder, which are made from a video; and one that has no part in it."""
    monkeypatch.chdir(tmp_path)
    video = source(tmp_path, "data/a.mp4", "video")
    frames = make_artifact(tmp_path, "work/frames.arrow", "decode", [video])
    model = make_artifact(tmp_path, "models/m.safetensors", "train", [frames])
    make_artifact(tmp_path, RESULT, "submit", [model, frames])
    make_artifact(tmp_path, "results/other.csv", "submit", [video])
    return Chain(tmp_path)


def test_the_seal_is_what_sha256sum_makes_of_the_files(chain: Chain) -> None:
    files = ["data/a.mp4", "models/m.safetensors", RESULT, "work/frames.arrow"]
    files += [f"{name}.record.json" for name in files[1:]]
    checksums = subprocess.run(["sha256sum", *sorted(files)], capture_output=True, text=True, check=True).stdout
    assert seal_list(chain, [RESULT]) == checksums
    summed = subprocess.run(["sha256sum"], input=checksums, capture_output=True, text=True, check=True).stdout
    assert digest_of_list(checksums) == summed.split()[0] == hashlib.sha256(checksums.encode()).hexdigest()


def test_sha256sum_checks_the_list_that_is_written(chain: Chain, tmp_path: Path) -> None:
    odd = source(tmp_path, "data/a\\b\nc.mp4", "odd")
    make_artifact(tmp_path, "results/odd.csv", "submit", [odd])
    assert main(["seal", RESULT, "results/odd.csv", "--out", "list.txt"]) == 0
    assert subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "list.txt"]).returncode == 0
    Path(odd).write_text("other")
    assert subprocess.run(["sha256sum", "--check", "--quiet", "list.txt"], capture_output=True).returncode == 1


def test_a_folder_counts_file_by_file(tmp_path: Path) -> None:
    source(tmp_path, "data/faces/s/1.jpg", "1")
    source(tmp_path, "data/faces/s/2.jpg", "2")
    make_artifact(tmp_path, RESULT, "align_face")
    forge_record(tmp_path, RESULT, inputs=(Input(path="data/faces", sha256=path_digest(tmp_path / "data/faces")),))
    lines = seal_list(Chain(tmp_path), [RESULT]).splitlines()
    assert [line.partition("  ")[2] for line in lines] == [
        "data/faces/s/1.jpg", "data/faces/s/2.jpg", RESULT, f"{RESULT}.record.json"]  # fmt: skip
    assert lines[0].startswith(hashlib.sha256(b"1").hexdigest())


def test_every_record_and_source_behind_a_result_counts_and_nothing_else(chain: Chain, tmp_path: Path) -> None:
    before = digest_of_list(seal_list(chain, [RESULT]))
    write_record(tmp_path, "results/other.csv", "submit", seed=2)
    assert digest_of_list(seal_list(Chain(tmp_path), [RESULT])) == before
    write_record(tmp_path, RESULT, "submit", ["models/m.safetensors", "work/frames.arrow"], seed=2)
    assert digest_of_list(seal_list(Chain(tmp_path), [RESULT])) != before


def test_what_does_not_hold_is_not_sealed(chain: Chain, tmp_path: Path) -> None:
    (tmp_path / "models/m.safetensors").write_text("altered")
    with pytest.raises(InputError, match=r"models/m.safetensors: SHA-256 is .*; nothing is sealed"):
        seal_list(Chain(tmp_path), [RESULT])
    (tmp_path / "models/m.safetensors").write_text("models/m.safetensors")
    (tmp_path / "data/a.mp4").unlink()
    with pytest.raises(InputError, match=r"data/a.mp4: work/frames.arrow was made from it"):
        seal_list(Chain(tmp_path), [RESULT])
    with pytest.raises(InputError, match=r"data/b.mp4: has no record"):
        seal_list(chain, [source(tmp_path, "data/b.mp4")])


def test_a_chain_that_is_forged_as_a_whole_has_another_seal(chain: Chain, tmp_path: Path) -> None:
    """All bytes, records and seals are made anew and fit each other: the seal that was kept is what tells."""
    list_before = seal_list(chain, [RESULT])
    video = source(tmp_path, "data/a.mp4", "another video")
    frames = make_artifact(tmp_path, "work/frames.arrow", "decode", [video])
    model = make_artifact(tmp_path, "models/m.safetensors", "train", [frames])
    make_artifact(tmp_path, RESULT, "submit", [model, frames])
    list_after = seal_list(Chain(tmp_path), [RESULT])
    assert digest_of_list(list_after) != digest_of_list(list_before)
    differences = changes(list_before, list_after)
    assert (
        differences[0].startswith("data/a.mp4: SHA-256 was ") and len(differences) == 4
    )  # the video and three records


def test_a_circle_of_records_ends_with_an_error_that_names_it(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "c"), ("c", "b")):
        make_artifact(tmp_path, name, "rule")
        forge_record(tmp_path, name, inputs=(Input(path=other, sha256="0" * 64),))
    circle = "b: is made from itself, as records say: b from c from b"
    with pytest.raises(InputError, match=circle):
        Chain(tmp_path).behind(["a"])
    with pytest.raises(InputError, match=circle):
        list(as_lines(Chain(tmp_path), "a"))
    make_artifact(tmp_path, "self", "rule")
    forge_record(tmp_path, "self", inputs=(Input(path="self", sha256="0" * 64),))
    with pytest.raises(InputError, match="self: is made from itself, as records say: self from self"):
        Chain(tmp_path).behind(["self"])


def test_a_diamond_is_no_circle(tmp_path: Path) -> None:
    source(tmp_path, "s")
    for name, others in (("a", ["s"]), ("b", ["a", "s"]), ("c", ["s", "a", "b"]), ("d", ["b", "c", "a"])):
        make_artifact(tmp_path, name, "rule", others)
    assert list(Chain(tmp_path).behind(["d", "a"]))[-1] == "d"
    order = list(Chain(tmp_path).behind(["d"]))
    assert sorted(order) == ["a", "b", "c", "d", "s"] and order.index("a") < order.index("b") < order.index("c")


needs_openssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH's ssh-keygen is not installed")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A key of somebody's, whom the file `signers` names."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    public = key.with_suffix(".pub").read_text()
    (tmp_path / "signers").write_text(f'ann@lab namespaces="affectflow-seal" {public}')
    return key


@needs_openssh
def test_a_signature_is_openssh_s_own(chain: Chain, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seal", RESULT, "--sign", str(key)]) == 0
    output = capsys.readouterr().out.strip()
    assert output == hashlib.sha256(Path(f"{RESULT}.seal").read_bytes()).hexdigest()
    command = ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", "ann@lab", "-n", "affectflow-seal", "-s"]
    with Path(f"{RESULT}.seal").open() as text:
        result = subprocess.run([*command, f"{RESULT}.seal.sig"], stdin=text, capture_output=True, text=True)
    assert result.returncode == 0 and 'Good "affectflow-seal" signature for ann@lab' in result.stdout
    assert main(["seal", RESULT, "--sign", str(key)]) == 0  # again, over the first


@needs_openssh
def test_a_key_that_cannot_sign_is_named(chain: Chain, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seal", RESULT, "--sign", "nowhere"]) == 2
    assert "nowhere: ssh-keygen cannot sign with it: " in capsys.readouterr().err
    assert not Path(f"{RESULT}.seal").exists()


def test_without_openssh_it_says_so(
    chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["seal", RESULT, "--sign", "key"]) == 2
    assert "ssh-keygen: no such program; install OpenSSH" in capsys.readouterr().err


@needs_openssh
def test_who_has_signed_what(chain: Chain, key: Path, tmp_path: Path) -> None:
    text = seal_list(chain, [RESULT])
    signature, signers = tmp_path / "sig", tmp_path / "signers"
    signature.write_text(sign(text, key))
    assert signer(text, signature, signers) == "ann@lab"
    assert signer(f"{text} ", signature, signers) is None
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other"], check=True)
    signature.write_text(sign(text, tmp_path / "other"))
    assert signer(text, signature, signers) is None
    signers.write_text(f"bob {(tmp_path / 'other.pub').read_text()}")
    assert signer(text, signature, signers) == "bob"
    mail = ["ssh-keygen", "-Y", "sign", "-f", tmp_path / "other", "-n", "file"]
    signature.write_text(subprocess.run(mail, input=text, capture_output=True, text=True, check=True).stdout)
    assert signer(text, signature, signers) is None  # signed for another purpose


def anchors_hold(chain: Chain, *words: str) -> bool:
    """What `verify` with these words says of what was kept elsewhere."""
    options = argparse.ArgumentParser()
    options.add_argument("paths", nargs="*", type=Path)
    anchor_options(options)
    arguments = options.parse_args(words)
    check_anchors(arguments)
    return holds_anchors(Chain(chain.folder), arguments)


@needs_openssh
def test_verify_holds_files_against_a_signature(
    chain: Chain, key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["seal", RESULT, "--sign", str(key)]) == 0
    seal = capsys.readouterr().out.strip()
    words = ("--signature", f"{RESULT}.seal.sig", "--signers", "signers")
    assert anchors_hold(chain, *words) and anchors_hold(chain, RESULT, "--seal", seal.upper(), *words)
    assert "signed by ann@lab: all of these files" in capsys.readouterr().out
    write_record(tmp_path, RESULT, "submit", ["models/m.safetensors", "work/frames.arrow"], seed=2)
    assert not anchors_hold(chain, *words) and not anchors_hold(chain, RESULT, "--seal", seal)
    output = capsys.readouterr().out
    assert "not what was signed: ann@lab signed results/scores.csv.seal, and these files are others" in output
    now = digest_of_list(seal_list(Chain(tmp_path), [RESULT]))
    assert f"not what was sealed: the seal of these files is {now}, not {seal}" in output
    assert output.count(f"  {RESULT}.record.json: SHA-256 was ") == 2
    (tmp_path / f"{RESULT}.seal").unlink()
    assert not anchors_hold(chain, *words)
    assert "is no signature of these files by anybody whom signers names" in capsys.readouterr().out


def test_what_is_held_against_what_must_be_named(chain: Chain) -> None:
    with pytest.raises(InputError, match="--signature and --signers belong together"):
        anchors_hold(chain, RESULT, "--signature", "a.seal.sig")
    with pytest.raises(InputError, match="--seal is of certain results"):
        anchors_hold(chain, "--seal", "0" * 64)
    with pytest.raises(InputError, match=r"other.sig: is not named RESULT.seal.sig"):
        anchors_hold(chain, "--signature", "other.sig", "--signers", "signers")
