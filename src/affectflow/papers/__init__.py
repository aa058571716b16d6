"""One module a paper: its networks; a registry by the network's name."""
