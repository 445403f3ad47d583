"""Tables that a spreadsheet opens."""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import UnreadableFileError, UnwritableFileError, UserError
from desktop_app.io import tables
from desktop_app.io.tables import read_csv, write_csv, write_table

CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=10)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.fixed_dictionaries({"id": CELLS, "volume (µm³)": CELLS}), max_size=6))
def test_text_comes_back(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    write_csv(tmp_path / "a.csv", rows, ["id", "volume (µm³)"])
    assert read_csv(tmp_path / "a.csv") == rows


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""), (float("nan"), ""), (True, "yes"), (np.bool_(False), "no"), (np.uint32(70_000), "70000"), (7, "7"),
        (0.1 + 0.2, "0.3"), (np.float32(1.5), "1.5"), (1234567.0, "1234567"), (1e-9, "1e-09"),
        ("a,b\n\"c\"", "a,b\n\"c\""),
    ],
)  # fmt: skip
def test_cells(tmp_path: Path, value: object, cell: str) -> None:
    write_csv(tmp_path / "a.csv", [{"id": 1, "x": value}], ["id", "x"])
    assert read_csv(tmp_path / "a.csv") == [{"id": "1", "x": cell}]


def test_mark_for_spreadsheets_only_where_needed(tmp_path: Path) -> None:
    write_csv(tmp_path / "plain.csv", [{"id": 1}], ["id", "missing"])
    write_csv(tmp_path / "units.csv", [], ["µm³"])
    assert (tmp_path / "plain.csv").read_bytes() == b"id,missing\r\n1,\r\n"
    assert (tmp_path / "units.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_bytes_of_a_name_that_are_no_text_are_shown_as_elsewhere(tmp_path: Path) -> None:
    rows = [{"image": "bad\udcff.tif", "unit": "µm"}, {"image": "half\ud800.tif", "unit": ""}]
    write_csv(tmp_path / "a.csv", rows, ["image", "unit"])
    assert [row["image"] for row in read_csv(tmp_path / "a.csv")] == [r"bad\xff.tif", r"half\ud800.tif"]
    write_table(tmp_path / "a.xlsx", rows, ["image", "unit"])
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        assert rb"bad\xff.tif" in b"".join(book.read(name) for name in book.namelist())


def test_refusals(tmp_path: Path) -> None:
    (tmp_path / "noise.csv").write_bytes(bytes(range(128, 256)))
    for name in ("noise.csv", "gone.csv"):
        with pytest.raises(UnreadableFileError, match=name):
            read_csv(tmp_path / name)
    with pytest.raises(UnwritableFileError):
        write_csv(tmp_path / "noise.csv" / "a.csv", [], ["id"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_table_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "patches.csv")
    with pytest.raises(UnreadableFileError, match=r"patches\.csv"):
        read_csv(tmp_path / "patches.csv")


def test_the_ending_says_what_kind_of_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"a": 1, "b": "µ"}, {"a": float("nan"), "b": None}]
    write_table(tmp_path / "t.csv", rows, ["a", "b"])
    assert read_csv(tmp_path / "t.csv") == [{"a": "1", "b": "µ"}, {"a": "", "b": ""}]
    write_table(tmp_path / "T.XLSX", rows, ["a", "b"])
    assert (tmp_path / "T.XLSX").read_bytes()[:2] == b"PK"
    with pytest.raises(UserError, match=r"t\.docx is no name of a table"):
        write_table(tmp_path / "t.docx", rows, ["a"])
    monkeypatch.setattr(tables, "_MOST_EXCEL_ROWS", 1)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    with pytest.raises(UserError, match="no more than 1 rows"):
        write_table(tmp_path / "long.xlsx", rows, ["a"])
    assert not (tmp_path / "long.xlsx").exists()
    assert not list((tmp_path / "temporary").iterdir()), "the refused rows are left in a temporary file"
