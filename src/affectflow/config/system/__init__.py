"""Settings of branches, systems and runs: all groups together, their checks, and the reference made of them."""
