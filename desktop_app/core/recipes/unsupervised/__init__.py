"""Structures without labels: kinds of voxels that belong together, then objects of them."""
