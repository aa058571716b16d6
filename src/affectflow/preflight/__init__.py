"""Checks before a run starts: what networks start from, what sets have as members."""
