"""Spatial embeddings: what is computed."""
