"""Sound to spectrograms."""
