"""One file per step of the batch wizard."""
