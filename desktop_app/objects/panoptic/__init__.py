"""Objects from slices: grouping pixels to centres, tracking through a stack, agreement of three stacks."""
