"""Published weights and word embeddings: fetched, checked, read."""
