"""Names of classes are read as different programs write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.io.datasets.class_names import class_names, names_around


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"labels": {"background": 0, "anterior": 1, "posterior": 2}}', {1: "anterior", 2: "posterior"}),
        ('{"labels": {"0": "background", "1": "Anterior", "2": "Posterior"}}', {1: "Anterior", 2: "Posterior"}),
        ('{"labels": {"background": 0, "whole tumour": [1, 2], "core": 2}}', {2: "core"}),
        ('{"labels": {"a": 1, "b": true, "c": -2, "d": 1.5, "1": "x", "2": "a", "": 4}}', {1: "a"}),
        ('{"labels": ["a", "b"]}', {}),
        ("[1, 2]", {}),
        ("{", {}),
    ],
)
def test_names_are_read_in_all_forms_and_nothing_else(tmp_path: Path, text: str, names: dict[int, str]) -> None:
    (tmp_path / "dataset.json").write_text(text)
    assert class_names(tmp_path) == names


def test_the_folder_of_the_data_set_is_found_above_its_images(tmp_path: Path) -> None:
    image = tmp_path / "train" / "images" / "a.tif"
    assert names_around([image]) == {}
    (tmp_path / "dataset.json").write_text('{"labels": {"cell": 1}}')
    assert names_around([image, tmp_path / "b.tif"]) == {1: "cell"}
    assert names_around([]) == {}
    assert names_around([image.parent / "deeper" / "a.tif"]) == {}
