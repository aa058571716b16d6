"""A Slurm cluster of one machine: munged, slurmctld and slurmd with ports, keys and state of their own.

Two devices that every Linux has stand for GPUs: Slurm hands them out as it does real ones, and a job sees the number of
its own in CUDA_VISIBLE_DEVICES.
"""

import getpass
import os
import platform
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel")
GPUS = ("/dev/null", "/dev/zero")
CPUS = 4
MEMORY_MB = 40000  # only counted
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
_START_SECONDS = 30.0


def missing_programs() -> list[str]:
    """What Debian's slurm-wlm and munge install and this machine lacks."""
    return [name for name in PROGRAMS if shutil.which(name, path=_PATH) is None]


@contextmanager
def cluster(folder: Path) -> Iterator[dict[str, str]]:
    """Start a cluster whose files lie in `folder`; yields the environment in which Slurm's commands find it."""
    controller, worker = _free_ports(2)
    configuration = folder / "slurm.conf"
    configuration.write_text(_slurm_conf(folder, controller, worker))
    (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n")
    (folder / "gres.conf").write_text("".join(f"Name=gpu File={device}\n" for device in GPUS))
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    path = os.pathsep.join([str(_srun(folder, configuration)), _PATH])
    environment = os.environ | {"SLURM_CONF": str(configuration), "PATH": path}
    with ExitStack() as stack:
        for command in (_munged(folder, key), ["slurmctld", "-D"], ["slurmd", "-D"]):
            stack.enter_context(_running(command, folder, environment))
        _wait_until_idle(folder, environment)
        yield environment


def _slurm_conf(folder: Path, controller: int, worker: int) -> str:
    host, user = platform.node(), getpass.getuser()
    return f"""
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={worker}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
ReturnToService=2
KillWait=2
MinJobAge=300
GresTypes=gpu
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={CPUS} RealMemory={MEMORY_MB} Gres=gpu:{len(GPUS)}
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def _srun(folder: Path, configuration: Path) -> Path:
    """A folder for PATH with an `srun` that knows this cluster: Snakemake hands it no variable of Slurm, as on a real
    cluster the configuration lies where Slurm looks for it."""
    programs = folder / "bin"
    programs.mkdir()
    script = programs / "srun"
    script.write_text(f'#!/bin/sh\nSLURM_CONF={configuration} exec {shutil.which("srun", path=_PATH)} "$@"\n')
    script.chmod(0o755)
    return programs


def _munged(folder: Path, key: Path) -> list[str]:
    # Forced, as test folders are closed to other users, which munged takes for a mistake.
    files = {"socket": "munge.socket", "pid-file": "munge.pid", "log-file": "munge.log", "seed-file": "munge.seed"}
    return [
        "munged",
        "--foreground",
        "--force",
        f"--key-file={key}",
        *(f"--{o}={folder / f}" for o, f in files.items()),
    ]


@contextmanager
def _running(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run a daemon in the foreground for the length of a `with` block."""
    with (folder / f"{command[0]}.out").open("wb") as log:
        daemon = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            daemon.terminate()
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


def _wait_until_idle(folder: Path, environment: dict[str, str]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        sinfo = subprocess.run(["sinfo", "-h", "-o", "%T %G"], env=environment, capture_output=True, text=True)
        if sinfo.stdout.split() == ["idle", f"gpu:{len(GPUS)}"]:
            return
        time.sleep(0.2)
    logs = "\n".join(f"{path.name}:\n{path.read_text(errors='replace')[-3000:]}" for path in folder.glob("*.out"))
    raise RuntimeError(f"the cluster did not start in {_START_SECONDS:.0f} s: {sinfo.stdout}{sinfo.stderr}\n{logs}")


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for port_socket in sockets:
            port_socket.bind(("127.0.0.1", 0))
        return [port_socket.getsockname()[1] for port_socket in sockets]
