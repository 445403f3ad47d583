from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.several_datasets import PairSource
from desktop_app.core.errors import UserError
from desktop_app.core.project.model import Role
from desktop_app.jobs.train.training_pairs import require_apart


def source(name: str, *images: Path, role: Role | None = None, time: int | None = None) -> PairSource:
    pairs = tuple(PairConfig(name=image.stem, image=str(image), time=time) for image in images)
    return PairSource(name, pairs, role=role)


def test_an_image_cannot_check_what_learned_from_it(tmp_path: Path) -> None:
    one, other = tmp_path / "a.tif", tmp_path / "b.tif"
    again = tmp_path / "sub" / ".." / "a.tif"
    with pytest.raises(UserError, match=r"a is given twice \(wild and checks\).*cannot check"):
        require_apart([source("wild", one, other), source("checks", again, role="validation")])
    with pytest.raises(UserError, match=r"b is given twice \(wild\).*count twice"):
        require_apart([source("wild", one, other), source("wild", other)])
    require_apart([source("wild", one), source("checks", other, role="validation")])


def test_time_points_of_a_movie_are_images_by_themselves(tmp_path: Path) -> None:
    movie = tmp_path / "movie.tif"
    require_apart([source("wild", movie, time=0), source("other", movie, time=5)])
