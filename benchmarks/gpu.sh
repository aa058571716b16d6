#!/usr/bin/env bash
# All that is to be measured on a GPU, in one command of at most eight minutes; on the CPU with SMALL=1, to see that it runs.
#
#     benchmarks/gpu.sh [FOLDER of results]
#
# Training steps against the eager float32 loop and against a resident batch, share of the card's peak, memory; frozen
# features; BODY_25 at 656x368; bf16 against float32 on a finished run, where the folder has one.
set -uo pipefail
cd "$(dirname "$0")/.."
out=${1:-.}
python=${PYTHON:-$(test -x .venv/bin/python && echo .venv/bin/python || echo python)}
failed=0

measure() { # name, seconds, command
  local name=$1 limit=$2
  shift 2
  echo "== $name: $*"
  timeout "$limit" "$@" 2> >(tail -5 >&2) | tee "$out/$name.md" || { echo "$name: failed or took over $limit s"; failed=1; }
}

if [ -n "${SMALL:-}" ]; then
  network=(--backbone resnet18 --width 8 --hidden 16)
  training=(--seconds 4 --batch 2 --steps 1 --runs 1 --threads 2) features=(--seconds 4 --backbone resnet18 --width 8 --runs 1)
  body=(--height 128 --width 224 --batches 1 2 --runs 1)
else
  network=() training=(--seconds 20 --compile --runs 3) features=(--seconds 10 --runs 3) body=()
fi

command -v nvidia-smi > /dev/null && nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader
"$python" -c 'import torch; print("torch", torch.__version__, "CUDA", torch.version.cuda, torch.cuda.is_available())'
measure training 200 "$python" benchmarks/training.py "${network[@]}" "${training[@]}" --plain
measure features 100 "$python" benchmarks/features.py "${features[@]}"
measure body25 60 "$python" benchmarks/body25.py "${body[@]}"
if [ -d models ]; then
  measure precision 100 "$python" benchmarks/precision.py
else
  echo "== precision: left out, no finished run here (make demo)"
fi
exit $failed
