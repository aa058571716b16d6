#!/usr/bin/env bash
# Snakemake reads data/logs.txt where an input function names data/<logs>.txt: another file, without a word.
#
# One would guess: what an input function returns is taken as it is. The function has looked the files up, both are there,
# and each job gets its own.
# What happens: since its path variables (`<results>`, `<logs>`, …, meant for what a Snakefile's author writes) Snakemake
# replaces each word in angle brackets in every path, in those of input functions, too. Seven of them are defined without
# being asked for (results, stats, reports, temp, resources, logs, benchmarks), so that data/<logs>.txt is data/logs.txt; any
# other lower-case word ends the run ("Undefined pathvar").
# Whom it hurts: workflows over files that people named. Where the file without brackets is there as well, it is processed
# twice, once under the other's name, and the run ends with exit code 0.
#
# Seen with snakemake 9.27.1:
#   result of <logs>: of logs; result of logs: of logs; <a>: refused
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check snakemake==9.27.1
cd "$folder"
mkdir data
printf 'of <logs>' > 'data/<logs>.txt'
printf 'of logs' > data/logs.txt
cat > Snakefile <<'SNAKEFILE'
from pathlib import Path

FILES = {str(number): path for number, path in enumerate(sorted(Path("data").glob("*.txt")))}


rule all:
    input:
        [f"out/{number}" for number in FILES],


rule copy:
    input:
        lambda wildcards: str(FILES[wildcards.number]),
    output:
        "out/{number}",
    shell:
        "cp {input:q} {output}"
SNAKEFILE
"$folder/venv/bin/snakemake" --cores 1 --quiet all
brackets=$(cat out/0)
plain=$(cat out/1)
printf 'of <a>' > 'data/<a>.txt'
refused=accepted
"$folder/venv/bin/snakemake" --cores 1 > said.txt 2>&1 || refused=refused
grep -q "Undefined pathvar 'a'" said.txt
found="result of <logs>: $brackets; result of logs: $plain; <a>: $refused"
echo "snakemake $("$folder/venv/bin/snakemake" --version): $found"
test "$found" = "result of <logs>: of logs; result of logs: of logs; <a>: refused"
