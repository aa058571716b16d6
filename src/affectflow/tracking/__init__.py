"""MLflow: a run for each run of the workflow and each training; it never costs a result."""
