"""The synthetic demonstration corpora: an animated portrait in the layout of real corpora, rendered and encoded."""
