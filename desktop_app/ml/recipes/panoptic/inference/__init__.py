"""Slices of any plane through a network, then objects of slices, stacks and three directions."""

from desktop_app.ml.recipes.panoptic.inference.engine import PanopticEngine

__all__ = ["PanopticEngine"]
