"""What a reviewer wants to know of each object: where it is, how large, in how many pieces, and what looks wrong."""
