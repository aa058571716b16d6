"""Pure functions on arrays: scores from sufficient statistics, their uncertainty, baselines."""
