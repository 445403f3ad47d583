"""One file per step of the training wizard."""
