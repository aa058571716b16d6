"""Corpora of still pictures: lists, annotations, splits."""
