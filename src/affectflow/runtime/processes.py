"""Whether a process of this machine still runs, and whether the Snakemake that started this job does."""

import psutil

SNAKEMAKE = "AFFECTFLOW_SNAKEMAKE"
"""Environment variable of every job: the process of Snakemake that started it."""


def name_of(process: psutil.Process) -> str:
    """Number and time of start: tells a process from a later one with its number."""
    return f"{process.pid}@{process.create_time():.2f}"


def alive(name: str) -> bool:
    """Whether the process with this name still runs."""
    pid, _, began = name.partition("@")
    try:
        process = psutil.Process(int(pid))
        # A clock that is set meanwhile moves the time of start a little.
        return process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - float(began)) < 2
    except psutil.NoSuchProcess:
        return False


def outlived(environment: dict[str, str]) -> bool:
    """Whether a process with this environment is a job whose Snakemake has ended."""
    name = environment.get(SNAKEMAKE)
    return name is not None and not alive(name)
