"""Corpora of videos: listings, labels, manifests."""
