"""Lists of easyreg: an image and its labels on each line."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.io.datasets import recognise


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "brain images"
    folder.mkdir()
    for name in ("a.nii.gz", "a_seg.nii.gz", "b 2.nii.gz", "b 2 seg.nii.gz", "c.nii.gz", "c_seg.nii.gz"):
        (folder / name).write_bytes(b"x")
    return folder


def listed(folder: Path, part: str, *lines: str) -> None:
    (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / part / "file_path_list.txt").write_text("\n".join(lines) + "\n")


def test_parts_and_paths_with_spaces_are_kept(data: Path, tmp_path: Path) -> None:
    task = tmp_path / "task"
    listed(task, "train", f"{data}/a.nii.gz {data}/a_seg.nii.gz", "", f"{data}/b 2.nii.gz {data}/b 2 seg.nii.gz")
    listed(task, "val", f"{data}/c.nii.gz\t{data}/c_seg.nii.gz")
    listed(task, "debug", f"{data}/a.nii.gz {data}/a_seg.nii.gz")
    found = recognise(task)
    assert found is not None
    assert found.layout.name == "file lists"
    assert [(pair.name, pair.role) for pair in found.pairs] == [("a", "train"), ("b 2", "train"), ("c", "validation")]
    assert [pair.labels for pair in found.pairs][1] == str(data / "b 2 seg.nii.gz")


def test_paths_count_from_their_list_and_what_is_gone_is_told(data: Path) -> None:
    listed(data, ".", "a.nii.gz a_seg.nii.gz", "gone.nii.gz gone_seg.nii.gz")
    (data / "b 2.nii.gz").unlink()
    found = recognise(data)
    assert found is not None
    assert [pair.role for pair in found.pairs if pair.name == "a"] == ["auto"]


def test_a_list_without_any_file_is_none(tmp_path: Path) -> None:
    listed(tmp_path, "train", "/nowhere/a.nii.gz /nowhere/b.nii.gz", "one")
    assert recognise(tmp_path) is None
    (tmp_path / "train" / "file_path_list.txt").write_bytes(b"\xff\xfe\x00")
    assert recognise(tmp_path) is None


def test_lines_whose_files_are_gone_are_left_out(data: Path, tmp_path: Path) -> None:
    here, gone = f"{data}/a.nii.gz {data}/a_seg.nii.gz", f"{data}/old.nii.gz {data}/old_seg.nii.gz"
    listed(tmp_path / "task", "test", here, gone)
    found = recognise(tmp_path / "task")
    assert found is not None
    assert [pair.role for pair in found.pairs] == ["test"]
    assert [path.name for path in found.unmatched] == ["old_seg.nii.gz"]


@pytest.mark.parametrize(
    "line", ["x" * 5000 + " y", "a\0b c", "a " * 2000, "a " * 10**6], ids=["long", "nul", "words", "huge"]
)
def test_lines_that_name_no_files_are_passed_over_at_once(
    data: Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, exists = list[Path](), Path.exists
    monkeypatch.setattr(Path, "exists", lambda path, **how: asked.append(path) or exists(path, **how))
    listed(data, ".", "a.nii.gz a_seg.nii.gz", line)
    found = recognise(data)
    assert found is not None
    assert "a" in [pair.name for pair in found.pairs]
    assert len(asked) < 1000
    assert all(len(path.name) < 300 for path in found.unmatched)
