"""Going through the objects of an image: what they are, what looks wrong, and putting it right."""
