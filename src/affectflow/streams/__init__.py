"""Artifacts to tensors."""
