"""Settings of corpora and of preprocessing."""
