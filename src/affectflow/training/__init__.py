"""Training of branches and pre-training of encoders."""
