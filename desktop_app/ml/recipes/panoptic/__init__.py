"""Objects of slices, joined through the volume: what is computed."""
