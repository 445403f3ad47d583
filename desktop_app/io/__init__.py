"""Bytes on disk to core values and back, one file per format."""
