"""After the networks: smoothing, post-processing, utterances, weighted late fusion."""
