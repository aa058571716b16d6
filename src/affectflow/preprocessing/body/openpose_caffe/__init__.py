"""OpenPose's BODY_25 from its published weights: the network, its maps, and the people in them."""
