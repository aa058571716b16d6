"""Training and prediction of branches, and the fusion of their scores."""

import os

# Threads that wait by spinning make jobs that share cores ten times slower. Read once, when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
