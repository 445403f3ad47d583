from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.jobs.train.moved_images import gone, gone_words, moved, require_there
from tests.image_files import saved


def config_of(*pairs: tuple[str, str], role: str = "auto") -> TrainingConfig:
    made = (PairConfig(name=Path(image).stem, image=image, labels=labels, role=role) for image, labels in pairs)  # type: ignore[arg-type]
    return TrainingConfig(dataset=DatasetConfig(pairs=tuple(made)), network="unet3d", patch_size=(8, 8, 8))


def files(folder: Path, *names: str) -> None:
    for name in names:
        saved(folder / name, np.ones((2, 4, 4), np.uint8))


def places(config: TrainingConfig, folder: Path) -> list[tuple[str, str]]:
    return [
        (Path(pair.image).relative_to(folder).as_posix(), pair.label_path.relative_to(folder).as_posix())
        for pair in config.dataset.pairs
    ]


@pytest.mark.parametrize("before", ["/gone/set/{}/{}.tif", "C:\\set\\{}\\{}.tif"])
@pytest.mark.parametrize("chosen", [".", "set"])
def test_files_are_found_by_the_folders_around_them(tmp_path: Path, before: str, chosen: str) -> None:
    files(tmp_path, *(f"set/{part}/{name}.tif" for part in ("images", "labels") for name in "ab"))
    config = config_of(*((before.format("images", name), before.format("labels", name)) for name in "ab"))
    found = moved(config, [tmp_path / chosen])
    assert places(found, tmp_path) == [(f"set/images/{name}.tif", f"set/labels/{name}.tif") for name in "ab"]
    assert gone(found) == ()


def test_files_are_found_by_their_names_where_the_folders_are_others(tmp_path: Path) -> None:
    files(tmp_path, "new/train/images/a.tif", "new/train/labels/a.tif")
    config = config_of(("/gone/raw/a.tif", "/gone/truth/a.tif"))
    assert places(moved(config, [tmp_path / "new"]), tmp_path) == [("new/train/images/a.tif", "new/train/labels/a.tif")]


def test_images_and_labels_may_be_in_two_folders(tmp_path: Path) -> None:
    files(tmp_path, "one/a.tif", "two/a_labels.tif")
    config = config_of(("/gone/a.tif", "/gone/a_labels.tif"))
    with pytest.raises(UserError, match=r"a_labels\.tif cannot be found in one"):
        moved(config, [tmp_path / "one"])
    assert places(moved(config, [tmp_path / "one", tmp_path / "two"]), tmp_path) == [("one/a.tif", "two/a_labels.tif")]


def test_an_image_is_not_taken_for_its_own_labels(tmp_path: Path) -> None:
    files(tmp_path, "images/a.tif")
    with pytest.raises(UserError, match="cannot be found in images"):
        moved(config_of(("/gone/images/a.tif", "/gone/labels/a.tif")), [tmp_path / "images"])


def test_only_what_is_gone_is_looked_for_else_all(tmp_path: Path) -> None:
    files(tmp_path, "here/a.tif", "here/a_labels.tif", "there/a.tif", "there/a_labels.tif")
    config = config_of((str(tmp_path / "here" / "a.tif"), "/gone/a_labels.tif"))
    assert places(moved(config, [tmp_path / "there"]), tmp_path) == [("here/a.tif", "there/a_labels.tif")]
    whole = config_of((str(tmp_path / "here" / "a.tif"), str(tmp_path / "here" / "a_labels.tif")))
    assert places(moved(whole, [tmp_path / "there"]), tmp_path) == [("there/a.tif", "there/a_labels.tif")]


def test_what_is_gone_is_told_with_the_way_out() -> None:
    config = config_of(*((f"/gone/{name}.tif", f"/gone/{name}_labels.tif") for name in "abc"))
    with pytest.raises(UserError, match=r"a\.tif, a_labels\.tif, b\.tif and 3 more files are not where") as told:
        require_there(config)
    assert "--dataset FOLDER beside --resume" in told.value.hint
    alike = [Path("images/a.tif"), Path("labels/a.tif")]
    assert gone_words(alike) == "images/a.tif, labels/a.tif are not where the training knows them."
    assert gone_words([Path("a.tif")]) == "a.tif is not where the training knows it."
    require_there(config_of(("/gone/a.tif", "/gone/b.tif"), role="unused"))
