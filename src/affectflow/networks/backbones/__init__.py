"""Convolutional and transformer backbones that see single pictures."""
