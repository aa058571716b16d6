"""Artifacts to tensors: rows, sequences, batches."""
