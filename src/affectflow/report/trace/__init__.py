"""Numbers taken apart: a cell, a score of a frame, the graph behind them."""
