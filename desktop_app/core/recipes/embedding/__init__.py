"""Spatial embeddings: every voxel points at the centre of its object."""
