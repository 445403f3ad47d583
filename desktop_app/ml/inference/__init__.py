"""Tiling, blending, devices and the way out when memory runs out."""
