"""Frames to linked, aligned faces."""
