"""What all pages and sheets are drawn with."""
