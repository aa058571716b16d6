"""Predictions and features of a split by a trained branch."""
