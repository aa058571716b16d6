"""Frames to body joints and boxes."""
