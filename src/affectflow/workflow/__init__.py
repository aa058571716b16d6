"""What the rules' scripts share, and what happens at a start and an end of the workflow."""
