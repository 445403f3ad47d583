"""The model bundle."""
