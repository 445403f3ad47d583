"""Who learns and who is checked, kept with a run: labelling more before going on must not move images between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.imaging import Region
from desktop_app.io.atomic import write_json
from desktop_app.io.disk_state import states_of
from desktop_app.io.json_files import read_json
from desktop_app.ml.data.split import Part, SpaceSplit


@dataclass(frozen=True, slots=True)
class KeptSplit:
    """A split as it was made when the run began.

    Attributes:
        parts: Of each pair.
        states: A code of each pair's files, which changes when one of them does.
        cut: The image that was cut in two, by its place among those to learn from, and how; None if none was.
    """

    parts: tuple[Part, ...]
    states: tuple[str, ...]
    cut: tuple[int, SpaceSplit] | None = None

    def save(self, path: Path) -> None:
        """Write it down.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        cut = None
        if self.cut is not None:
            boxes = {name: (box.start, box.stop) for name, box in _boxes(self.cut[1]).items()}
            cut = {"image": self.cut[0], **boxes}
        write_json(path, {"parts": self.parts, "states": self.states, "cut": cut})


def load_split(path: Path, pairs: Sequence[PairConfig]) -> KeptSplit | None:
    """The split of a run; None where none was kept, as by earlier versions, or it belongs to other pairs."""
    try:
        found = read_json(path)
        parts, states, cut = tuple(found["parts"]), tuple(found["states"]), found["cut"]
        if len(parts) != len(pairs) or len(states) != len(pairs):
            return None
        boxes = [Region(tuple(cut[name][0]), tuple(cut[name][1])) for name in ("train", "validation")] if cut else []
        return KeptSplit(parts, states, (int(cut["image"]), SpaceSplit(*boxes)) if cut else None)
    except (OSError, ValueError, LookupError, TypeError):
        return None


def pair_states(pairs: Sequence[PairConfig]) -> tuple[str, ...]:
    """A code of each pair's files; empty where one of them is gone, which opening it will tell if it is used."""
    return tuple(_state(pair) for pair in pairs)


def _state(pair: PairConfig) -> str:
    try:
        return states_of(Path(text) for text in (pair.image, pair.labels) if text is not None)
    except OSError:
        return ""


def _boxes(cut: SpaceSplit) -> dict[str, Region]:
    return {"train": cut.train, "validation": cut.validation}
