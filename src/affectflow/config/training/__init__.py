"""Settings of training and pre-training."""
