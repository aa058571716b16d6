#!/usr/bin/env bash
# Installs Slurm from Debian's or Ubuntu's packages (as root) and runs the tests that need it. They start a cluster of
# their own, with keys, ports and state in a temporary folder, and use nothing of one that is already there.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! PATH=$PATH:/usr/sbin command -v slurmctld > /dev/null; then
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends slurm-wlm munge
fi
exec "${PYTHON:-.venv/bin/python}" -m pytest -rs tests/workflow/test_slurm.py tests/workflow/test_profiles.py "$@"
