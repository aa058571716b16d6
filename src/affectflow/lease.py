"""Hand out GPUs so that two jobs of this machine never share one.

Snakemake counts GPUs and does not say which one a job has. A lease is a lock on one file a device, held by
the process that becomes the job and released by the kernel when that process ends, however it ends.
"""

import fcntl
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

# A scheduler that hands out devices itself has set CUDA_VISIBLE_DEVICES for this job alone.
_SCHEDULERS = ("SLURM_JOB_ID", "LSB_JOBID", "PBS_JOBID", "JOB_ID", "KUBERNETES_SERVICE_HOST")
_POLL_SECONDS = 0.5


def visible_devices() -> list[str]:
    """GPUs that this process may use, by index or UUID, without loading CUDA."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [device.strip() for device in named.split(",") if device.strip() not in ("", "-1")]
    return [str(number) for number in range(len(list(Path("/proc/driver/nvidia/gpus").glob("*"))))]


def lease(count: int, folder: Path | None = None) -> None:
    """Wait for `count` free GPUs, or as many as there are, and show only those to this process.

    Sets CUDA_VISIBLE_DEVICES and keeps the locks open over `exec`. Does nothing where a scheduler has already
    chosen, or where there is no GPU: the job then runs on the CPU and says so itself.
    """
    devices = visible_devices()
    if not devices or any(name in os.environ for name in _SCHEDULERS):
        return
    wanted = min(count, len(devices))
    held = _acquire(devices, wanted, folder or Path(tempfile.gettempdir()) / "affectflow-gpus")
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(held)
    print(f"GPU {', '.join(held)} of {', '.join(devices)}", file=sys.stderr)


def _acquire(devices: Sequence[str], wanted: int, folder: Path) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_uid == os.getuid():
        folder.chmod(0o1777)  # one set of locks for all users of the machine
    while True:
        held: dict[str, int] = {}
        for device in devices:
            handle = _open(folder / f"{device.replace('/', '_')}.lock")
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held[device] = handle
            except BlockingIOError:
                os.close(handle)
            if len(held) == wanted:
                return list(held)
        # All or nothing: two jobs that each hold half of what they need would wait for ever.
        for handle in held.values():
            os.close(handle)
        time.sleep(_POLL_SECONDS)


def _open(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    if os.fstat(handle).st_uid == os.getuid():
        os.fchmod(handle, 0o666)
    os.set_inheritable(handle, True)
    return handle
