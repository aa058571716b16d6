"""The leaderboard: what each run leaves of its scores and costs, and all of them side by side."""
