"""Settings of inference, fusion, scoring and tables."""
