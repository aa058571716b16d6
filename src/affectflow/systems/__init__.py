"""One module a published system: its networks."""
