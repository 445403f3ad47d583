"""Slices of any plane, as a network sees them."""
