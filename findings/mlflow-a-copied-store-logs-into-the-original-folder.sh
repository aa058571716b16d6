#!/usr/bin/env bash
# A copy of a project with its MLflow store writes the artifacts of new runs into the project that it was copied from.
#
# One would guess: an experiment that was created with the artifact location "artifacts", relative like the store's own
# address sqlite:///mlflow.db, keeps it so: whoever opens the store in another folder has the artifacts there.
# What happens: MLflow makes the location absolute when the experiment is created and stores that. A run that is logged
# from a copy of the folder stands in the copy's database, and its files lie in the original, if that is still there (of
# whatever owner, on whatever disk), else in a folder that is made anew at the old place. Nothing is said.
# Whom it hurts: labs that copy or move a study with its tracking, and go on in the copy: models of the new study lie with
# the old one, and are gone when that is cleared away.
#
# Seen with mlflow 3.17.2:
#   stored location: absolute; model.txt of the copy's run: 1 in the original, 0 in the copy
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mlflow==3.17.2
export MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true
cat > "$folder/log.py" <<'PYTHON'
import sys
from pathlib import Path

from mlflow import MlflowClient

client = MlflowClient("sqlite:///mlflow.db", "sqlite:///mlflow.db")
known = client.get_experiment_by_name("faces")
number = known.experiment_id if known else client.create_experiment("faces", artifact_location="artifacts")
run = client.create_run(number).info.run_id
Path("model.txt").write_text(sys.argv[1])
client.log_artifact(run, "model.txt")
location = client.get_experiment(number).artifact_location
print("absolute" if location.startswith(("/", "file:///")) else location)
PYTHON
mkdir "$folder/original"
cd "$folder/original"
location=$("$folder/venv/bin/python" "$folder/log.py" "of the original" 2> "$folder/said.txt")
cp -r "$folder/original" "$folder/copy"
cd "$folder/copy"
"$folder/venv/bin/python" "$folder/log.py" "of the copy" > /dev/null 2>> "$folder/said.txt"
where() { (grep -rlx "of the copy" "$1/artifacts" 2> /dev/null || true) | wc -l; }
original=$(where "$folder/original")
copy=$(where "$folder/copy")
echo "mlflow $("$folder/venv/bin/python" -c 'import mlflow; print(mlflow.__version__)'):" \
    "stored location: $location; model.txt of the copy's run: $original in the original, $copy in the copy"
test "$location $original $copy" = "absolute 1 0"
