"""Pure functions on tensors: the terms of training losses."""
