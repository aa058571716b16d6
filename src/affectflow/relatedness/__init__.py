"""Which action units tell of which emotion, as matrices."""
