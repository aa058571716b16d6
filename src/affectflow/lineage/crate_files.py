"""The files of a crate: those in it, and those that it names by SHA-256."""

import base64
import mimetypes
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from rocrate.model.contextentity import ContextEntity
from rocrate.model.dataset import Dataset
from rocrate.model.entity import Entity
from rocrate.model.file import File
from rocrate.rocrate import ROCrate

from affectflow.artifacts.digest import file_digest
from affectflow.artifacts.record import Record, record_path
from affectflow.lineage.chain import Chain, input_digests

# Kinds that Python does not know, or knows differently on different machines.
_KINDS = {
    ".arrow": "application/vnd.apache.arrow.file",
    ".csv": "text/csv",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".py": "text/x-python",
    ".safetensors": "application/octet-stream",
    ".smk": "text/plain",
    "": "text/plain",
    ".toml": "application/toml",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
}


def place_of(name: str) -> str:
    """Where a file lies in the crate; what lies outside the project's folder goes below `outside/`."""
    return f"outside{name}" if name.startswith("/") else name


def kind_of(name: str) -> str:
    """Media type by the name's ending."""
    suffix = PurePosixPath(name).suffix.lower()
    return _KINDS.get(suffix) or mimetypes.types_map.get(suffix) or "application/octet-stream"


class CrateFiles:
    """Entities of artifacts, records and files of the workflow, made once each.

    Args:
        crate: that the entities go into.
        chain: records of the project.
        ancestry: everything behind the crate's artifacts.
        inside: artifacts that are in the zip; the others are only named.
        payload: files of the zip by their name in it.
    """

    def __init__(
        self,
        crate: ROCrate,
        chain: Chain,
        ancestry: Mapping[str, Record | None],
        inside: Collection[str],
        payload: Mapping[str, Path],
    ) -> None:
        self._crate, self._chain, self._ancestry, self._inside, self._payload = crate, chain, ancestry, inside, payload
        self._entities: dict[str, Entity] = {}
        self._workflow: dict[str, Entity] = {}
        self._digests = input_digests(ancestry)

    def artifact(self, name: str) -> Entity:
        """An artifact or source; its record, where it has one, is about it."""
        if name not in self._entities:
            record = self._ancestry[name]
            if record is not None and name in self._inside:
                self._entities[name] = self._add_included(name, record)
            elif record is None and self._is_workflow(name):
                self._entities[name] = self.workflow_file(name)
            else:
                self._entities[name] = self._add_referenced(name)
            if record is not None:
                self._add_record(name)
        return self._entities[name]

    def workflow_file(self, place: str, /, **properties: Any) -> Entity:
        """A file of the workflow; a second call adds properties to the first one's."""
        if place not in self._workflow:
            self._workflow[place] = self._crate.add(File(self._crate, dest_path=place, properties=self.facts(place)))
        for key, value in properties.items():
            self._workflow[place][key] = value
        return self._workflow[place]

    def facts(self, place: str) -> dict[str, Any]:
        """Name, kind, size and SHA-256 of a file of the zip."""
        path = self._payload[place]
        return _describe_file(place, file_digest(path), path.stat().st_size)

    def workflow_folder(self, name: str, description: str) -> Entity:
        """A folder of the workflow whose files are not told one by one."""
        properties = {"name": name, "description": description}
        entity: Entity = self._crate.add(Dataset(self._crate, dest_path=f"{name}/", properties=properties))
        return entity

    def _is_workflow(self, name: str) -> bool:
        """Whether a source, such as the list of weights, is a file of the workflow that is in the zip as it was."""
        return name in self._payload and file_digest(self._payload[name]) == self._digests[name]

    def _add_included(self, name: str, record: Record) -> Entity:
        artifact, place = record.artifact, place_of(name)
        if artifact.files is None:
            properties = _describe_file(name, artifact.sha256, artifact.bytes)
            entity: Entity = self._crate.add(File(self._crate, dest_path=place, properties=properties))
            return entity
        folder = Dataset(self._crate, dest_path=f"{place}/", properties={"name": name})
        self._crate.add(folder)
        folder["hasPart"] = [
            self._crate.add(
                File(
                    self._crate,
                    dest_path=f"{place}/{file}",
                    properties=_describe_file(file, digest, (self._chain.folder / name / file).stat().st_size),
                )
            )
            for file, digest in artifact.files.items()
        ]
        return folder

    def _add_referenced(self, name: str) -> Entity:
        record, path = self._ancestry[name], self._chain.folder / name
        size = record.artifact.bytes if record else path.stat().st_size if path.is_file() else None
        digest = record.artifact.sha256 if record else self._digests[name]
        properties = _describe_file(name, digest, size)
        if record and record.artifact.files is not None:
            properties["@type"] = "Dataset"
            del properties["encodingFormat"]
        properties["description"] = "Named by its SHA-256; not in this crate."
        entity = self._crate.add(ContextEntity(self._crate, named_information(digest, name), properties))
        self._crate.root_dataset.append_to("hasPart", entity)
        result: Entity = entity
        return result

    def _add_record(self, name: str) -> None:
        place = place_of(record_path(Path(name)).as_posix())
        properties = self.facts(place) | {"name": f"Record of {name}", "about": self._entities[name]}
        self._crate.add(File(self._crate, dest_path=place, properties=properties))


def named_information(digest: str, name: str) -> str:
    """The URI of a file that is known by its SHA-256 (RFC 6920), with its path, so that equal files stay two."""
    value = base64.urlsafe_b64encode(bytes.fromhex(digest)).rstrip(b"=").decode()
    return f"ni:///sha-256;{value}?path={quote(name, safe='/')}"


def _describe_file(name: str, digest: str, size: int | None) -> dict[str, Any]:
    properties: dict[str, Any] = {"@type": "File", "name": name, "encodingFormat": kind_of(name), "sha256": digest}
    return properties | ({} if size is None else {"contentSize": str(size)})
