"""The configuration of a training takes a short way through the house: what follows from it stands in the plan."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import RecordingContext
from desktop_app.jobs.train.run import train_model

PROGRAM = Path(sys.modules[TrainingConfig.__module__].__file__ or "").parents[2]
MOST_ROOMS = 12  # files; before the configuration was decided upon in one plan it was met in 31


def rooms_of(act: Callable[[], object]) -> list[str]:
    """Files of the program in which a function took the configuration itself while something ran, in that order."""
    found: dict[str, None] = {}

    def look(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(str(PROGRAM)):
            return
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        if any(isinstance(frame.f_locals.get(name), TrainingConfig) for name in names if name != "self"):
            found[Path(code.co_filename).relative_to(PROGRAM).as_posix()] = None

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        act()
    finally:
        sys.setprofile(before)
    return list(found)


def test_a_training_walks_through_few_rooms(
    phantom_pairs: Callable[[int], tuple[PairConfig, ...]], tiny_config: Callable[..., TrainingConfig]
) -> None:
    config = tiny_config(phantom_pairs(3), steps=2)
    rooms = rooms_of(lambda: train_model(config, RecordingContext()))
    assert rooms[0] == "jobs/train/run.py"
    assert "ml/training/plan.py" in rooms
    assert len(rooms) <= MOST_ROOMS, rooms
