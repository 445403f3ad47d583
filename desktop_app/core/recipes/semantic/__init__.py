"""Regions and objects: which class each voxel belongs to, then objects of them."""
