"""What a data set looks like on disk."""
