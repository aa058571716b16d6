"""Hand out GPUs so that two jobs of this machine never share one.

Snakemake counts GPUs and does not say which one a job has. A lease is a lock on one file a device, held by
the process that becomes the job and released by the kernel when that process ends, however it ends.
"""

import fcntl
import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

# Where one of these is set, a scheduler has set CUDA_VISIBLE_DEVICES for what it allocated.
_SCHEDULERS = ("SLURM_JOB_ID", "LSB_JOBID", "PBS_JOBID", "JOB_ID", "KUBERNETES_SERVICE_HOST")
_POLL_SECONDS = 0.5


def visible_devices() -> list[str]:
    """GPUs that this process may use, by index or UUID, without loading CUDA."""
    setting = os.environ.get("CUDA_VISIBLE_DEVICES")
    if setting is not None:
        return [device.strip() for device in setting.split(",") if device.strip() not in ("", "-1")]
    return [str(number) for number in range(len(list(Path("/proc/driver/nvidia/gpus").glob("*"))))]


def lease(count: int, folder: Path | None = None) -> None:
    """Wait for `count` free GPUs, or as many as there are, and show only those to this process.

    Sets CUDA_VISIBLE_DEVICES and keeps the locks open over `exec`. Does nothing where none is wanted or there is none:
    the job then runs on the CPU and says so itself. What a scheduler chose is taken as it is; where it allocated more
    than this job wants, several jobs share the allocation, and the lease is held within it.
    """
    devices = visible_devices()
    wanted = min(count, len(devices))
    if not wanted:
        return
    allocation = _allocation()
    if allocation and wanted == len(devices):
        leased = devices
    else:
        leased = _acquire(devices, wanted, folder or _folder(allocation))
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(leased)
    scheduler = f" ({allocation})" if allocation else ""
    print(f"GPU {', '.join(leased)} of {', '.join(devices)}{scheduler}", file=sys.stderr)


def _allocation() -> str:
    """The scheduler's allocation that this process runs in; empty where there is none."""
    return next((f"{name}={os.environ[name]}" for name in _SCHEDULERS if name in os.environ), "")


def _folder(allocation: str) -> Path:
    """Where the locks lie. Allocations have locks of their own: each may number its devices from 0."""
    name = f"affectflow-gpus-{allocation}" if allocation else "affectflow-gpus"
    return Path(tempfile.gettempdir()) / re.sub(r"[^\w.-]", "_", name)


def _acquire(devices: Sequence[str], wanted: int, folder: Path) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_uid == os.getuid():
        folder.chmod(0o1777)  # one set of locks for all users of the machine
    while True:
        locks: dict[str, int] = {}
        for device in devices:
            handle = _open(folder / f"{device.replace('/', '_')}.lock")
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                locks[device] = handle
            except BlockingIOError:
                os.close(handle)
            if len(locks) == wanted:
                return list(locks)
        # All or nothing: two jobs that each hold half of what they need would wait for ever.
        for handle in locks.values():
            os.close(handle)
        time.sleep(_POLL_SECONDS)


def _open(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    if os.fstat(handle).st_uid == os.getuid():
        os.fchmod(handle, 0o666)
    os.set_inheritable(handle, True)
    return handle
