#!/usr/bin/env bash
# `dvc exp run --set-param seed=007` writes the text "007" where the params file had a number.
#
# One would guess: a value of --set-param is read as the params file is, in which `seed: 007` is the number 7 to DVC
# (YAML 1.2), as `seed: 7` on the command line is one.
# What happens: the word is read by Hydra's grammar, in which a whole number has no zero before it. `7` becomes a number,
# `007` a text, and is written with quotes into the file, where it stays a text.
# Whom it hurts: sweeps over seeds, folds or subjects that are counted with leading zeros: a program that reads its settings
# strictly stops; one that compares seed == 7 goes another way, and the experiment is filed under another value.
#
# Seen with dvc 3.67.1 (hydra-core 1.3.8, ruamel.yaml 0.19.1):
#   file: 007 is int 7; --set-param: 7 is int 7, 007 is str '007'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check dvc==3.67.1 hydra-core==1.3.8 ruamel.yaml==0.19.1
cd "$folder"
cat > read.py <<'PYTHON'
from dvc.utils.hydra import apply_overrides
from dvc.utils.serialize import load_yaml


def shown(value):
    return f"{type(value).__name__} {value!r}"


def of_file(word):
    with open("params.yaml", "w") as lines:
        lines.write(f"seed: {word}\n")
    return shown(load_yaml("params.yaml")["seed"])


def set_by(word):
    with open("params.yaml", "w") as lines:
        lines.write("seed: 1\n")
    apply_overrides("params.yaml", [f"seed={word}"])
    return shown(load_yaml("params.yaml")["seed"])


print(f"file: 007 is {of_file('007')}; --set-param: 7 is {set_by('7')}, 007 is {set_by('007')}")
PYTHON
found=$("$folder/venv/bin/python" read.py)
echo "dvc $("$folder/venv/bin/dvc" --version): $found"
test "$found" = "file: 007 is int 7; --set-param: 7 is int 7, 007 is str '007'"
