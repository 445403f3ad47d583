"""Pictures and movies of slices."""
