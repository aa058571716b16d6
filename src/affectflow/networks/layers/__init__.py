"""Layers over time and over features."""
