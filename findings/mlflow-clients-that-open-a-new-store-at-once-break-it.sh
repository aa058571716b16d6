#!/usr/bin/env bash
# Programs that open a new SQLite store of MLflow at the same moment end with errors, all of them at times.
#
# One would guess: a client is a handle that asks the store when a method is called; and where a store has no tables yet,
# SQLite's lock makes the second program wait until the first has made them. Two trainings that start together on a fresh
# folder are an everyday matter.
# What happens: `MlflowClient(...)` itself, before any call, makes the tables in some dozens of migrations, each a
# transaction of its own, and every program that finds none makes them, too. They get into each other's way: "table … already
# exists", "migration expected to match one row". A lock that is taken after the client is built guards nothing.
# Whom it hurts: whoever starts several trainings on a new folder by make, Snakemake, a shell's `&` or a cluster's array:
# some have no run afterwards, depending on how busy the machine is.
#
# Seen with mlflow 3.17.2 (of four programs, three rounds):
#   rounds in which a program failed: 3 of 3; with one client built before: 0 of 3
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mlflow==3.17.2
export MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true
cat > "$folder/open.py" <<'PYTHON'
import sys
import time
from pathlib import Path

from mlflow import MlflowClient

place, number, programs = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
(place / f"ready-{number}").touch()
while len(list(place.glob("ready-*"))) < programs:
    time.sleep(0.005)
MlflowClient(f"sqlite:///{place}/mlflow.db", f"sqlite:///{place}/mlflow.db")
PYTHON
# Prints how many of the programs fail that build a client at once.
failed() {
    local count=0 started=()
    for number in 0 1 2 3; do
        "$folder/venv/bin/python" "$folder/open.py" "$1" "$number" 4 > "$1/said-$number.txt" 2>&1 & started+=($!)
    done
    for program in "${started[@]}"; do wait "$program" || count=$((count + 1)); done
    echo "$count"
}
at_once=0
after=0
for round in 1 2 3; do
    mkdir "$folder/new-$round" "$folder/made-$round"
    if [ "$(failed "$folder/new-$round")" -gt 0 ]; then at_once=$((at_once + 1)); fi
    "$folder/venv/bin/python" "$folder/open.py" "$folder/made-$round" 0 1 > "$folder/said.txt" 2>&1
    rm "$folder/made-$round/ready-0"
    if [ "$(failed "$folder/made-$round")" -gt 0 ]; then after=$((after + 1)); fi
done
echo "mlflow $("$folder/venv/bin/python" -c 'import mlflow; print(mlflow.__version__)'):" \
    "rounds in which a program failed: $at_once of 3; with one client built before: $after of 3"
test "$at_once" -gt 0 -a "$after" -eq 0
