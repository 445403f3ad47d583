"""What the old system is given to build with."""

from __future__ import annotations

from pathlib import Path

import bundle
import old_base
import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_packages_are_fetched_once_for_each_set_of_pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[list[str]] = []

    def fetch(command: list[str], _problem: str) -> None:
        Path(command[command.index("-d") + 1]).mkdir(exist_ok=True)
        fetched.append(command)

    monkeypatch.setattr(bundle, "run", fetch)
    for _ in range(2):
        assert old_base.fetch_packages(ROOT, tmp_path) == tmp_path / "packages"
    assert len(fetched) == 1
    assert "manylinux_2_31_x86_64" in fetched[0]
    assert "manylinux_2_32_x86_64" not in fetched[0]
    monkeypatch.setattr(bundle, "pins", lambda _root, _glibc: "other==1\n")
    old_base.fetch_packages(ROOT, tmp_path)
    assert (tmp_path / "pins.txt").read_text(encoding="utf-8") == "other==1\n"
    assert len(fetched) == 2


def test_a_broken_download_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_command: list[str], problem: str) -> None:
        raise old_base.SetupError(problem)

    monkeypatch.setattr(bundle, "run", fail)
    for _ in range(2):
        with pytest.raises(old_base.SetupError, match="Not all packages"):
            old_base.fetch_packages(ROOT, tmp_path)
