"""Settings of networks and of what they read."""
