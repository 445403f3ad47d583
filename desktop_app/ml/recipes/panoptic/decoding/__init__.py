"""From maps of slices to objects of slices, stacks and three directions, without a network."""
