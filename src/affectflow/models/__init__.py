"""Trained models on disk, what their outputs mean, and states that are carried along a video."""
