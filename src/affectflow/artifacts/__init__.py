"""Every file format of the workflow: typed, atomic reading and writing."""
