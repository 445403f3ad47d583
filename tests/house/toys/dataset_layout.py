"""A layout of our own: a file ``pairs.txt`` that names image, labels and part, a pair a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.project.model import Role
from desktop_app.io.datasets.layout import DatasetLayout, FoundPairs, PairPlace


def _find(folder: Path, role: Role) -> FoundPairs | None:
    if not (folder / "pairs.txt").is_file():
        return None
    lines = [line.split() for line in (folder / "pairs.txt").read_text(encoding="utf-8").splitlines()]
    return FoundPairs(tuple(_pair(folder, *line) for line in lines))


def _pair(folder: Path, image: str, labels: str, role: Any) -> PairConfig:
    return PairConfig(name=image.split(".")[0], image=str(folder / image), labels=str(folder / labels), role=role)


def _place(folder: Path, pair: PairPlace) -> tuple[Path, Path]:
    return folder / pair.name, folder / f"{pair.name}-truth"


LISTED = DatasetLayout("listed", "A list of pairs", _find, _place)
