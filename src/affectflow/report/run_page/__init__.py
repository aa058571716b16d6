"""`results/report.html`: a whole run as one page that opens offline."""
