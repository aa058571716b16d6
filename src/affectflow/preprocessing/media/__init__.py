"""Video files to frames and sound."""
