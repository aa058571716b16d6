"""What made each artifact: code fingerprints, the chain of records, and whether it still holds."""
