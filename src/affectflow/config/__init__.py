"""Typed settings: the only place that knows a key's name, type, bounds, default and meaning."""
