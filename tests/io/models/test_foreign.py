"""Descriptions beside foreign models."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.models.foreign import read_description


def test_aliases_that_would_grow_to_gigabytes_are_refused(tmp_path: Path) -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    (tmp_path / "bomb.yaml").write_text("\n".join(["a0: &a0 [x, x]", *levels, "class_names: *a9"]))
    with pytest.raises(UnreadableFileError, match=r"bomb\.yaml: it refers to parts of itself"):
        read_description(tmp_path / "bomb.yaml")


@pytest.mark.parametrize("text", ["[" * 500_000, "- " * 5_000, "a: [", "\x00"])
def test_damaged_descriptions_are_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(UnreadableFileError, match=r"bad\.yaml: it is not a readable description"):
        read_description(tmp_path / "bad.yaml")
