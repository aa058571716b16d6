"""What corpora look like on disk."""
