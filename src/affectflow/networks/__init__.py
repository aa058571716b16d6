"""Building blocks of networks: encoders of pictures, layers, the interface and the initial weights of a network."""
