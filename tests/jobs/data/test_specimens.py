from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.groups import with_groups
from desktop_app.core.job import JobCancelled
from desktop_app.jobs.data.specimens import with_specimens
from desktop_app.jobs.train.folder_pairs import pairs_in_folders

_PICTURE = np.zeros((8, 8), np.uint8)


def images(folder: Path, *specimens: str) -> tuple[PairConfig, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    pairs = []
    for number, specimen in enumerate(specimens):
        path = folder / f"scan{number}.tif"
        tifffile.imwrite(path, _PICTURE, metadata={"specimen": specimen} if specimen else {})
        pairs.append(PairConfig(name=path.stem, image=str(path)))
    return tuple(pairs)


def groups(pairs: tuple[PairConfig, ...]) -> list[str]:
    return [pair.group for pair in with_specimens(pairs)]


@pytest.mark.parametrize(
    ("specimens", "found"),
    [
        (("m1", "m1", "m2"), ["m1", "m1", "m2"]),
        (("m1", "m1", ""), ["m1", "m1", ""]),
        (("m1", "m1", "m1"), ["", "", ""]),
        (("m1", "m2", "m3"), ["", "", ""]),
        (("", "", ""), ["", "", ""]),
    ],
)
def test_files_say_of_which_specimen_they_are(tmp_path: Path, specimens: tuple[str, ...], found: list[str]) -> None:
    assert groups(images(tmp_path, *specimens)) == found


def test_a_table_comes_before_the_files_and_the_layout_before_both(tmp_path: Path) -> None:
    pairs = images(tmp_path, "m1", "m1", "m2")
    (tmp_path / "t.csv").write_text("image,mouse\nscan0,x\nscan1,y\nscan2,y\n")
    assert groups(pairs) == ["x", "y", "y"]
    assert groups((pairs[0].model_copy(update={"group": "folder"}), *pairs[1:])) == ["folder", "", ""]


def test_what_changed_on_the_disk_is_read_again(tmp_path: Path) -> None:
    assert groups(images(tmp_path, "m1", "m1", "m2")) == ["m1", "m1", "m2"]
    assert groups(images(tmp_path, "m1", "mouse 2", "mouse 2")) == ["m1", "mouse 2", "mouse 2"]


def test_files_that_are_damaged_or_gone_say_nothing(tmp_path: Path) -> None:
    pairs = images(tmp_path, "m1", "m1", "m2")
    Path(pairs[0].image).write_bytes(b"II*\0nothing")
    Path(pairs[1].image).unlink()
    assert groups(pairs) == ["", "", ""]


def test_what_files_say_comes_before_names(tmp_path: Path) -> None:
    images(tmp_path / "images", "m1", "m2", "m2")
    images(tmp_path / "labels", "", "", "")
    found = with_groups(pairs_in_folders(tmp_path, None).pairs)
    assert [pair.group for pair in found] == ["m1", "m2", "m2"]


def test_reading_is_stopped_before_the_next_file(tmp_path: Path) -> None:
    asked = []

    def stop() -> None:
        asked.append(1)
        if len(asked) == 2:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        with_specimens(images(tmp_path, "m1", "m1", "m2"), stop)
    assert len(asked) == 2
