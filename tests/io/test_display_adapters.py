"""Who made the graphics cards, by the lists of Linux and Windows."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.io.display_adapters import makers_of_cards, makers_on_linux, makers_on_windows


def device(folder: Path, number: int, kind: str, vendor: str) -> None:
    place = folder / f"0000:0{number}:00.0"
    place.mkdir(parents=True)
    (place / "class").write_text(f"{kind}\n", encoding="ascii")
    (place / "vendor").write_text(f"{vendor}\n", encoding="ascii")


def test_what_draws_or_computes_counts_and_nothing_else(tmp_path: Path) -> None:
    device(tmp_path, 1, "0x030000", "0x10de")
    device(tmp_path, 2, "0x030200", "0x1002")
    device(tmp_path, 3, "0x020000", "0x8086")  # a network card
    device(tmp_path, 4, "0x030000", "0x1234")  # a virtual one
    (tmp_path / "0000:05:00.0").mkdir()
    assert makers_on_linux(tmp_path) == {"NVIDIA", "AMD"}


def test_without_a_list_nobody_is_named(tmp_path: Path) -> None:
    assert makers_on_linux(tmp_path / "none") == frozenset()


@pytest.mark.parametrize(
    ("names", "makers"),
    [
        ([r"PCI\VEN_10DE&DEV_2786&SUBSYS_1", r"PCI\VEN_8086&DEV_4680", r"PCI\VEN_10DE&DEV_2786"], {"NVIDIA", "Intel"}),
        ([r"pci\ven_1002&dev_73bf", r"ROOT\BasicDisplay", ""], {"AMD"}),
        ([], set()),
    ],
)
def test_windows_names(names: list[str], makers: set[str]) -> None:
    assert makers_on_windows(names) == makers


def test_this_computer_answers() -> None:
    assert makers_of_cards() <= {"NVIDIA", "AMD", "Intel", "Apple"}
