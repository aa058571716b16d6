"""All settings of one run."""

from pydantic import model_validator

from affectflow.config.system.run import RunSettings
from affectflow.config.system.run_checks import check_run


class Run(RunSettings):
    """Everything that a run of the workflow depends on."""

    @model_validator(mode="after")
    def _fits_together(self) -> "Run":
        check_run(self)
        return self
