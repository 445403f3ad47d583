"""Slices of any plane through a network, then objects of slices, stacks and three directions."""

from desktop_app.ml.inference.panoptic.engine import PanopticEngine

__all__ = ["PanopticEngine"]
