"""Checks before a run starts: what networks start from, what sources have as members."""
