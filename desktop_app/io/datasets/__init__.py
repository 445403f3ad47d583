"""Folders of images with labels: recognised by themselves, or paired by hand."""

from desktop_app.io.datasets.layouts import DatasetLayout, as_pairs, find_pairs, pairs_in_folder, recognise
from desktop_app.io.datasets.names import PairingResult, match

__all__ = ["DatasetLayout", "PairingResult", "as_pairs", "find_pairs", "match", "pairs_in_folder", "recognise"]
