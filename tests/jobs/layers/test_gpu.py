"""GPU support with small stand-ins for torch: tried before it is used, and the way back."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.core.job import RecordingContext
from desktop_app.io.graphics import GraphicsCard, NvidiaDriver
from desktop_app.io.layers.state import layers_folder, read_state
from desktop_app.jobs.layers import gpu
from desktop_app.jobs.layers.gpu import (
    get_gpu_support,
    gpu_offer_in_words,
    look_for_gpu_support,
    remove_gpu_support,
)
from tests.built_layers import installed, published
from tests.kill_points import faults

TORCH = """
class cuda:
    is_available = staticmethod(lambda: {available})
    get_device_name = staticmethod(lambda number: "Stand-in 3000")

class ones:
    def __init__(self, count, device): self.count = count
    def sum(self): return self
    def item(self): return {answer}
"""


@pytest.fixture(autouse=True)
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return installed(tmp_path, monkeypatch)


def fetched(folder: Path, version: str, available: bool, answer: str = "8.0") -> object:
    torch = TORCH.format(available=available, answer=answer)
    source = published(folder, "gpu", version, {"torch/__init__.py": torch})
    context = RecordingContext()
    return get_gpu_support(look_for_gpu_support(str(source), context), context)


CARD = GraphicsCard("GTX 980", "580.1", 2**30, 5.2)


@pytest.mark.parametrize(
    ("cards", "word"),
    [((), "No graphics card by NVIDIA"), ((CARD,), "GTX 980 is too old"), ((replace(CARD, capability=8.9),), "")],
)
def test_before_gigabytes_are_fetched_it_is_said_whether_a_card_can_use_them(
    cards: tuple[GraphicsCard, ...], word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "nvidia_driver", lambda: NvidiaDriver(cards, bool(cards)))
    source = published(tmp_path, "gpu", "2.13.0", {"torch/__init__.py": "pass"}, min_driver="580", min_capability=7.5)
    offer = look_for_gpu_support(str(source), RecordingContext())
    assert word in offer.doubt
    assert bool(offer.doubt) == bool(word)
    assert gpu_offer_in_words(offer).endswith(offer.doubt or "free).")


def test_what_works_is_used_from_the_next_start_and_removed_again(tmp_path: Path) -> None:
    result = fetched(tmp_path, "2.13.0", True)
    assert (result.device, result.reason) == ("Stand-in 3000", "")
    assert read_state().gpu.folder == result.folder.name
    assert read_state().gpu.works
    assert remove_gpu_support(RecordingContext())
    assert read_state().gpu is None
    assert list(layers_folder().glob("gpu-*")) == []
    assert not remove_gpu_support(RecordingContext())


@pytest.mark.parametrize(
    ("available", "answer", "reason"),
    [(False, "8.0", "finds no GPU"), (True, "7.0", "wrong sums"), (True, "1 / 0", "without an answer")],
)
def test_what_does_not_work_goes_and_what_was_before_stays(
    tmp_path: Path, available: bool, answer: str, reason: str
) -> None:
    good = fetched(tmp_path, "2.13.0", True)
    bad = fetched(tmp_path, "2.14.0", available, answer)
    assert bad.device == ""
    assert reason in bad.reason
    assert read_state().gpu.folder == good.folder.name
    assert [path.name for path in layers_folder().glob("gpu-*")] == [good.folder.name]


def _an_interpreter_that_shows_the_answer_of_the_layer(folder: Path) -> str:
    """A process of its own, as quick as a shell."""
    python = folder / "python"
    python.write_text('#!/bin/sh\ncat "$4/answer.json"\n', encoding="ascii")
    python.chmod(0o700)
    return str(python)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a program is killed as a fork of this one")
@pytest.mark.parametrize(
    ("device", "every"), [("Stand-in 3000", 1), ("", 1), pytest.param("Stand-in 3000", 0, marks=pytest.mark.slow)]
)
def test_an_install_killed_at_any_step_is_done_again_whole(
    device: str, every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the place of a layer that works; the last one is tried by the program itself, at some steps alone."""
    files = {"torch/__init__.py": TORCH.format(available=True, answer="8.0")}
    files["answer.json"] = json.dumps({"device": device, "reason": "" if device else "too old"})
    with monkeypatch.context() as before:
        before.setenv("VOXELWRIGHT_HOME", str(tmp_path / "begin"))
        fetched(tmp_path, "2.12.0", True)
    source = published(tmp_path, "gpu", "2.13.0", files)
    monkeypatch.setenv("VOXELWRIGHT_HOME", str(tmp_path / "place"))
    if every:
        monkeypatch.setattr(sys, "executable", _an_interpreter_that_shows_the_answer_of_the_layer(tmp_path))

    def work(_: Path) -> None:
        context = RecordingContext()
        assert get_gpu_support(look_for_gpu_support(str(source), context), context).device == device

    assert list(faults(work, tmp_path / "begin", tmp_path / "place", every=every or 23)) == []
