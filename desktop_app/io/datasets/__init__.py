"""Folders of images with labels: recognised by themselves, or paired by hand."""

from desktop_app.io.datasets.folders import search_stopped_by
from desktop_app.io.datasets.label_pairs import find_label_pairs
from desktop_app.io.datasets.layout import DatasetLayout, PairPlace
from desktop_app.io.datasets.layouts import LAYOUTS, FoundDataset, pairs_in_folder, recognise
from desktop_app.io.datasets.names import PairingResult, match
from desktop_app.io.datasets.pairing import as_pairs, find_pairs
from desktop_app.io.datasets.unlabelled import images_in_folder, unlabelled_words

__all__ = [
    "LAYOUTS", "DatasetLayout", "FoundDataset", "PairPlace", "PairingResult", "as_pairs",
    "find_label_pairs", "find_pairs", "images_in_folder", "match", "pairs_in_folder", "recognise",
    "search_stopped_by", "unlabelled_words",
]  # fmt: skip
