"""What a project folder is made of besides the package; `setup.py` reads this file, too, and imports nothing."""

PARTS = ("Snakefile", "config", "docs/captions", "dvc.yaml", "envs", "profiles", "requirements", "rules", "workflow")
"""Files and folders of the repository that wheels carry and `affectflow init` lays out."""
