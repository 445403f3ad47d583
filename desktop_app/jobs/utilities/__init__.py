"""Utilities: small, whole changes of image and label files, each the same in the window and by command."""
