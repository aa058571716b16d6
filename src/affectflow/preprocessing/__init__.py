"""Pixels and sound to artifacts."""
