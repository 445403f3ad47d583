"""Image formats."""
