"""The loss of each track, one module a track."""
