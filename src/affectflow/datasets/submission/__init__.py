"""Files for a challenge: written and checked."""
