"""Kinds of voxels without labels: what is computed."""
