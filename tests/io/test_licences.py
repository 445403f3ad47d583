"""What the libraries' packages say of their licences."""

from __future__ import annotations

import json
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from desktop_app.io.layers.running import LAYERS
from desktop_app.io.licences import (
    PARTS_FILE,
    Library,
    bundled_parts,
    libraries_of,
    licence_report,
    parts_of_program,
    standard_texts,
)  # fmt: skip


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three packages: a program, what it needs, and what that needs; one more only for an extra."""
    for name, lines in {
        "toy-program": ["Requires-Dist: toy_library>=1", "Requires-Dist: toy-absent; extra == 'more'"],
        "toy-library": ["License: Toy licence\n        of two lines", "Requires-Dist: toy.parts"],
        "toy-parts": ["License-Expression: MIT"],
        "toy-absent": ["License-Expression: MIT"],
    }.items():
        folder = tmp_path / f"{name.replace('-', '_')}-2.0.dist-info"
        (folder / "licenses").mkdir(parents=True)
        (folder / "METADATA").write_text("\n".join(["Metadata-Version: 2.4", f"Name: {name}", "Version: 2.0", *lines]))
        (folder / "licenses" / "LICENSE.txt").write_text(f"You may use {name}.\n")
        (folder / "RECORD").write_text(f"{folder.name}/METADATA,,\n{folder.name}/licenses/LICENSE.txt,,\n")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("installed")
def test_all_that_is_needed_is_found_and_nothing_else() -> None:
    found = libraries_of("toy-program")
    assert [(each.name, each.version, each.licence) for each in found] == [
        ("toy-library", "2.0", "Toy licence"), ("toy-parts", "2.0", "MIT"),
    ]  # fmt: skip
    report = licence_report(found)
    assert "toy-library 2.0\nToy licence" in report
    assert "You may use toy-parts." in report
    assert "toy-absent" not in report


def test_a_program_that_is_not_installed_needs_nothing() -> None:
    assert libraries_of("toy-nowhere") == []


def test_a_licence_file_that_is_gone_does_not_hide_the_others(tmp_path: Path, installed: None) -> None:
    folder = tmp_path / "toy_parts-2.0.dist-info"
    with (folder / "RECORD").open("a", encoding="ascii") as record:
        record.write(f"{folder.name}/licenses/test/LICENSE,,\n")
    assert Library(distribution("toy-parts")).texts == ("You may use toy-parts.",)


@pytest.mark.parametrize(
    ("licence", "words"),
    [
        ("LGPL-3.0-only OR GPL-2.0-only", ("GNU LESSER GENERAL PUBLIC LICENSE", "GNU GENERAL PUBLIC LICENSE")),
        ("GPL-3.0", ("GNU GENERAL PUBLIC LICENSE",)),
        ("Apache Software License", ("Apache License",)),
        ("Toy licence", ()),
    ],
)
def test_a_licence_that_is_only_named_comes_in_full(licence: str, words: tuple[str, ...]) -> None:
    found = standard_texts(licence)
    assert len(found) == len(words)
    assert all(text.startswith(word) for text, word in zip(found, words, strict=True))


def test_every_library_here_has_a_text() -> None:
    assert [library.name for library in libraries_of() if not library.texts] == []


def test_a_real_package_comes_with_its_text() -> None:
    library = Library(distribution("numpy"))
    assert library.licence.startswith("BSD")
    assert any("Redistribution and use" in text for text in library.texts)


def test_the_built_program_has_parts_beside_its_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = {"name": "Aardvark library", "version": "3", "licence": "Zlib", "text": "You may."}
    (tmp_path / PARTS_FILE).write_text(json.dumps([part]), encoding="utf-8")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "runtime-1" / "voxelwright"))
    assert "Aardvark library" not in {each.name for each in parts_of_program()}
    monkeypatch.setenv(LAYERS, json.dumps({"runtime": "1", "app": str(tmp_path / "app"), "gpu": "", "notes": []}))
    first = parts_of_program()[0]
    assert (first.name, first.version, first.licence, first.texts) == ("Aardvark library", "3", "Zlib", ("You may.",))


@pytest.mark.parametrize("text", ["", "{}", '["x"]', '[{"name": "x"}]', '{"a": 1}'])
def test_a_damaged_list_of_parts_is_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / PARTS_FILE).write_text(text, encoding="utf-8")
    assert bundled_parts(tmp_path / PARTS_FILE) == []
    assert bundled_parts(tmp_path / "nowhere.json") == []
