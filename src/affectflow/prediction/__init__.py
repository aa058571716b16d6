"""A trained system on any videos: all stages in one process, a folder of videos at a time."""
