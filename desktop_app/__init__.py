"""Voxelwright: segment 2D and 3D microscopy images without writing code."""
