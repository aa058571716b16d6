"""What everything else stands on: errors, tracks, tasks, the project folder."""
