"""The training wizard."""
