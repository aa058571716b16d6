"""A video with its scores, to play or to step through."""
