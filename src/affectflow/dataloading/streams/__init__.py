"""What reads each stream of a branch, one module a kind of artifact."""
