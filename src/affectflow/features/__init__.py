"""Frozen feature sets of sound and faces, extracted once (Meng et al., section 3.2)."""
