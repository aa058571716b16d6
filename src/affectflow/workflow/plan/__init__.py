"""The plan of a run: which file each job reads and makes, and what it is told; Snakemake's rules ask it, and prediction
of single videos walks it."""
