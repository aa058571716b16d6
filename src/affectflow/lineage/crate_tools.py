"""The tools of a crate: each script with the code that ran, in the crate or, where that is another, as it was."""

import ast
from collections.abc import Mapping
from pathlib import Path

from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from affectflow.core.errors import InputError
from affectflow.lineage.code import code_of
from affectflow.lineage.crate_files import CrateFiles
from affectflow.lineage.jobs import DoneJob


class Tools:
    """Entities of scripts, one for each code that ran.

    Args:
        crate: that the entities go into.
        files: of the crate.
        root: the repository.
        payload: files of the zip by their name in it.
    """

    def __init__(self, crate: ROCrate, files: CrateFiles, root: Path, payload: Mapping[str, Path]) -> None:
        self._crate, self._files, self._root, self._payload = crate, files, root, payload
        self._entities: dict[tuple[str, str], Entity] = {}
        self._languages: dict[str, Entity] = {}

    @property
    def entities(self) -> list[Entity]:
        """All that ran."""
        return list(self._entities.values())

    @property
    def other_code(self) -> int:
        """Number of those that are not in the crate as they ran."""
        return sum(tool.id.startswith("#") for tool in self._entities.values())

    def of(self, job: DoneJob) -> Entity:
        """The script in the crate, where the job ran this code; else an entity that says which code it was."""
        key = job.script or job.rule, job.first.code.fingerprint
        if key not in self._entities:
            self._entities[key] = self._add_included(*key, job) if self._is_here(job) else self._add_other(*key, job)
        return self._entities[key]

    def _add_included(self, script: str, fingerprint: str, job: DoneJob) -> Entity:
        source = self._payload[script].read_text(encoding="utf-8")
        tool = self._files.workflow_file(
            script,
            name=job.rule,
            description=(ast.get_docstring(ast.parse(source)) or job.rule).splitlines()[0],
            version=fingerprint,
            programmingLanguage=self._python(job),
        )
        tool.properties()["@type"] = ["File", "SoftwareSourceCode"]
        return tool

    def _add_other(self, script: str, fingerprint: str, job: DoneJob) -> Entity:
        properties = {
            "@type": "SoftwareSourceCode",
            "name": job.rule,
            "description": f"{script} as it was (commit {job.first.code.commit}): this crate has other code.",
            "version": fingerprint,
            "programmingLanguage": self._python(job),
        }
        entity: Entity = self._crate.add(ContextEntity(self._crate, f"#code-{job.rule}-{fingerprint}", properties))
        return entity

    def _is_here(self, job: DoneJob) -> bool:
        code, script = job.first.code, job.script
        if script is None or script not in self._payload:
            return False
        modules = [name for name in code.modules if name != script]
        try:
            return code_of(Path(script), self._root, modules).fingerprint == code.fingerprint
        except InputError:  # an import that the lock of today does not know
            return False

    def _python(self, job: DoneJob) -> Entity:
        version = job.first.machine.python
        if version not in self._languages:
            properties = {
                "@type": "ComputerLanguage",
                "name": "Python",
                "version": version,
                "url": "https://www.python.org/",
            }
            self._languages[version] = self._crate.add(ContextEntity(self._crate, f"#python-{version}", properties))
        return self._languages[version]
