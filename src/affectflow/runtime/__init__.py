"""What runs in a project folder: processes, runs of the workflow, leases of GPUs, what a killed run left."""
