"""What made each artifact: code fingerprints."""
