"""Objects of single slices, joined through the volume."""
