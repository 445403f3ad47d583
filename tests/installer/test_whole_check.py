"""What `build.py check` runs on which system, and what it says of the rest."""

from __future__ import annotations

import shutil

import bare_system
import old_base
import pytest
import whole_check
from steps import Step

COMMAND = ("python", "build.py")


def chosen(system: str = "linux", here: bool = False) -> tuple[dict[str, Step], list[str]]:
    steps, missing = whole_check.chosen_steps(COMMAND, ["--out", "x"], here, system)
    return {step.name: step for step in steps}, missing


@pytest.fixture(autouse=True)
def able(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bare_system, "is_possible", lambda: True)
    monkeypatch.setattr(old_base, "is_possible", lambda: True)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")


def test_all_is_built_and_tried_where_all_is_there() -> None:
    steps, missing = chosen()
    assert missing == []
    tried = {"tests", "try-deb", "try-run", "try-appimage", "try-windows"}
    assert set(steps) == {"base", "program", "packages", "appimage", "bare", "manual", *tried}
    assert steps["program"].after == ("base",)
    assert steps["try-deb"].command == (*COMMAND, "try-deb", "--out", "x")
    assert all(set(step.after) <= set(steps) for step in steps.values())


def test_what_is_left_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bare_system, "is_possible", lambda: False)
    monkeypatch.setattr(old_base, "is_possible", lambda: False)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    steps, missing = chosen()
    assert set(steps) == {"program", "packages", "tests", "manual"}
    assert steps["program"].after == ()
    assert [word in " ".join(missing) for word in ("debootstrap", "makensis", "mksquashfs")] == [True] * 3


def test_without_wine_the_installer_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "wine" else name)
    steps, missing = chosen()
    assert "compile-windows" in steps
    assert "try-windows" not in steps
    assert any("Wine" in sentence for sentence in missing)


@pytest.mark.parametrize(("system", "own"), [("win32", "windows"), ("darwin", "macos")])
def test_other_systems_build_their_own_installer(system: str, own: str) -> None:
    steps, _ = chosen(system)
    assert list(steps) == [own, "tests"]
    assert steps["tests"].after == (own,)
