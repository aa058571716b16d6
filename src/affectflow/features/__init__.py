"""Frozen feature sets of sound and faces, extracted once (paper 003, section 3.2)."""
