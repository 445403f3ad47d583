"""Records of slices in a file, also of one that was cut off."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from desktop_app.ml.recipes.panoptic.decoding.run_file import RunFile
from desktop_app.objects.panoptic.runs import SliceRuns


def slice_of(number: int, height: int = 150) -> np.ndarray:
    rng = np.random.default_rng(number)
    return np.repeat(rng.integers(0, 4, (height, 5)), 3, axis=1).astype(np.uint32)


def kinds_of(number: int) -> np.ndarray:
    return np.array([0, 1, 2, number + 3], np.uint8)


def filled(path: Path, count: int = 3) -> RunFile:
    file = RunFile(path)
    for number in range(len(file), count):
        file.append(SliceRuns.encode(slice_of(number)), kinds_of(number))
    return file


def check(file: RunFile, count: int) -> None:
    with closing(file):
        assert len(file) == count
        for number in range(count):
            assert np.array_equal(file.read(number).paint(), slice_of(number))
            assert file.kinds(number).tolist() == kinds_of(number).tolist()


def test_a_file_is_gone_on_with(tmp_path: Path) -> None:
    filled(tmp_path / "a.runs", 2).close()
    check(filled(tmp_path / "a.runs", 3), 3)
    check(RunFile(tmp_path / "a.runs"), 3)


@pytest.mark.parametrize("lost", [1, 4, 30, 600])
def test_the_rest_of_a_record_that_was_not_finished_is_cut_off(tmp_path: Path, lost: int) -> None:
    path = tmp_path / "a.runs"
    filled(path, 3).close()
    path.write_bytes(path.read_bytes()[:-lost])
    check(RunFile(path), 2)
    check(filled(path, 3), 3)


def test_a_record_with_a_wrong_byte_and_all_after_it_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "a.runs"
    filled(path, 1).close()
    first = path.stat().st_size
    filled(path, 3).close()
    content = bytearray(path.read_bytes())
    content[first + 100] ^= 1
    path.write_bytes(content)
    check(RunFile(path), 1)
    assert path.stat().st_size == first
    path.write_bytes(b"something else")
    check(filled(path, 2), 2)


@pytest.mark.parametrize("rows", [slice(0, 1), slice(63, 65), slice(64, 128), slice(100, 150), slice(149, 150)])
def test_some_rows_are_read_without_the_others(tmp_path: Path, rows: slice) -> None:
    with closing(filled(tmp_path / "a.runs", 2)) as file:
        part = file.read(1, rows)
        assert np.array_equal(part.paint(rows=rows), slice_of(1)[rows])
        assert len(part.ids) < len(file.read(1).ids)


def test_empty_slices_are_slices(tmp_path: Path) -> None:
    file = RunFile(tmp_path / "a.runs")
    file.append(SliceRuns.encode(np.zeros((3, 4), np.uint32)), np.zeros(1, np.uint8))
    file.close()
    with closing(RunFile(tmp_path / "a.runs")) as again:
        assert len(again) == 1
        assert not again.read(0).paint().any()
