"""Losses, one per file, and their registry."""
