"""What a training has to say for itself: what went wrong, where, and what would help most."""
