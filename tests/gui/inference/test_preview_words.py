"""What a preview says below the picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from desktop_app.core.imaging import Region, Volume
from desktop_app.gui.inference.preview_engine import PreviewAnswer, PreviewRequest
from desktop_app.gui.inference.preview_words import answer_text
from tests.cards import semantic_card

CARD = semantic_card(name="test", class_names=("Cell",), class_values=(1,))


def _answer(objects: int, network: float, decode: float) -> PreviewAnswer:
    volume = Volume.from_array(np.zeros((1, 40, 1500), np.uint8))
    request = PreviewRequest(Path("m"), "cpu", volume, Region.whole(volume.shape), "auto", {})
    return PreviewAnswer(request, np.zeros(volume.shape, np.uint32), objects, network, decode)


def test_one_time_is_told_in_words_of_whoever_waits_for_it() -> None:
    """Once it read "network 3.9 s, objects 2 ms", and "From the model's maps to labels" above the settings."""
    assert answer_text(_answer(24, 3.9, 0.002), CARD) == "24 objects · in 3.9 s"
    assert answer_text(_answer(1, 0.0, 0.002), CARD) == "1 object · made anew in 2 ms"
    assert answer_text(_answer(1234, 120.0, 5.2), CARD) == "1,234 objects · in 2 min 5 s"


def test_classes_and_what_is_cut_are_told() -> None:
    classes = {1: "Cell", 2: "Cell", 3: "Axon"}
    told = answer_text(replace(_answer(3, 1.0, 0.0), class_of=classes), CARD, cut=True)
    assert told == (
        "3 objects (2 Cell, 1 Axon) · in 1.0 s\n"
        "Only the middle, 1,500 × 40 pixels: the rest is too large for a preview."
    )
