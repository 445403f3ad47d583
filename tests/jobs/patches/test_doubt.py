"""Patches where a model is unsure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.patches import PatchImage, PatchPlan, PatchSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.imaging.patch_places import PatchPlace
from desktop_app.core.job import RecordingContext
from desktop_app.jobs.patches.doubt import Doubt
from desktop_app.jobs.patches.pick import pick_patches
from desktop_app.ml.inference.maps import VoxelMaps
from tests.cards import semantic_card
from tests.image_files import saved

SIDE, SLICES = 320, 8


@dataclass
class GreyIsLikely:
    """Black is nothing, white is a cell, grey could be either."""

    card: ModelCard
    members: tuple[Any, ...] = ()

    def predict(self, volume: Volume, region: Region, tiling: Any, ctx: Any, **more: Any) -> VoxelMaps:
        return VoxelMaps.of(("class:Cell",), (volume.read(region)[None] / 255).astype(np.float32))


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> GreyIsLikely:
    card = semantic_card(class_names=("Cell",), dimensions=2, patch_size=(1, 16, 16), decode={"objects": "connected"})
    fake = GreyIsLikely(card)
    monkeypatch.setattr("desktop_app.ml.inference.load_predictor", lambda *asked: fake)
    return fake


def image() -> np.ndarray:
    """Black and white texture, but for one quarter, which is grey."""
    array = np.random.default_rng(0).choice(np.array([0, 255], np.uint8), (SLICES, SIDE, SIDE))
    array[:, :160, :160] = np.random.default_rng(1).integers(110, 146, (SLICES, 160, 160))
    return array


def test_doubt_is_none_of_the_sure_and_all_of_the_undecided() -> None:
    volume, doubt = Volume.from_array(image()), Doubt(Path("m.vwmodel"))
    assert doubt.planes == (Plane.XY,)
    grey, sure = (PatchPlace(Plane.XY, Region((2, n, n), (3, n + 64, n + 64))) for n in (0, 200))
    assert doubt.of(volume, grey, RecordingContext()) > 0.95
    assert doubt.of(volume, sure, RecordingContext()) < 0.05


def test_patches_are_taken_where_the_model_is_unsure(tmp_path: Path) -> None:
    (tmp_path / "m.vwmodel").mkdir()
    source = PatchImage(image=str(saved(tmp_path / "cell.tif", image())))
    shares, grey = {}, Region((0, 0, 0), (SLICES, 160, 160))
    for where in ("spread", "unsure"):
        settings = PatchSettings(number=4, size=64, avoid_blank=False, where=where)
        plan = PatchPlan(
            sources=(source,), out=str(tmp_path / where), settings=settings, model=str(tmp_path / "m.vwmodel")
        )
        patches = pick_patches(plan, RecordingContext()).patches
        assert len(patches) == 4
        shares[where] = sum(not patch.place.region.intersect(grey).empty for patch in patches)
    assert shares["unsure"] == 4 > shares["spread"]


def test_somebody_must_be_unsure(tmp_path: Path) -> None:
    source = PatchImage(image=str(saved(tmp_path / "cell.tif", image())))
    plan = PatchPlan(sources=(source,), out=str(tmp_path / "out"), settings=PatchSettings(where="unsure", size=64))
    with pytest.raises(UserError, match="No model was named"):
        pick_patches(plan, RecordingContext())
    assert not (tmp_path / "out").exists()
