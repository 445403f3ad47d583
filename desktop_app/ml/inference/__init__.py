"""Tiling, blending, devices and the way out when memory runs out."""

from desktop_app.ml.inference.loading import load_predictor
from desktop_app.ml.inference.predictor import Predictor

__all__ = ["Predictor", "load_predictor"]
