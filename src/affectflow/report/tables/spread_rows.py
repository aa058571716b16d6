"""Rows of a table of several seeds or folds that are no run of them, by what stands in its column `run`."""

MEAN = "mean"
DEVIATION = "deviation"
OFFICIAL = "official"
"""The corpus's own split beside the folds; Meng et al. call it "Original"."""
