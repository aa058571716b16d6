"""Devices, and memory that runs out."""
