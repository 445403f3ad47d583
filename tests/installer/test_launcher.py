"""The launcher: which layers a start takes, and what it falls back to."""

from __future__ import annotations

import json
from pathlib import Path

import launcher
import pytest

RUNTIME = "abc123abc123"


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """An installation of version 1.9 and an empty folder of layers."""
    installed, layers = tmp_path / "program", tmp_path / "layers"
    _write(installed / f"runtime-{RUNTIME}" / "runtime.json", {"hash": RUNTIME})
    _write(installed / "app" / "app.json", {"version": "1.9", "runtime": RUNTIME})
    layers.mkdir()
    return installed, layers


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def _update(layers: Path, name: str, version: str, runtime: str = RUNTIME, **state: object) -> None:
    _write(layers / name / "app.json", {"version": version, "runtime": runtime})
    _write(layers / "layers.json", {"app": {"folder": name, **state}})


def test_without_layers_the_installed_ones_run(places: tuple[Path, Path]) -> None:
    installed, layers = places
    assert launcher.choose(installed, layers, False) == launcher.Choice(RUNTIME, installed / "app")
    (layers / "layers.json").write_text("{", encoding="ascii")
    assert launcher.choose(installed, layers, False).app == installed / "app"


def test_a_newer_update_runs_and_its_starts_are_counted(places: tuple[Path, Path]) -> None:
    installed, layers = places
    _update(layers, "app-1.10-x", "1.10")
    for start in (1, 2):
        assert launcher.choose(installed, layers, False).app == layers / "app-1.10-x"
        assert json.loads((layers / "layers.json").read_text())["app"]["starts"] == start
    choice = launcher.choose(installed, layers, False)
    assert choice.app == installed / "app"
    assert "did not start" in choice.notes[0]
    assert launcher.choose(installed, layers, False).notes == []


def test_the_way_back_leads_to_the_update_before(places: tuple[Path, Path]) -> None:
    installed, layers = places
    _write(layers / "app-1.10-x" / "app.json", {"version": "1.10", "runtime": RUNTIME})
    _update(layers, "app-1.11-y", "1.11", before="app-1.10-x", starts=2)
    assert launcher.choose(installed, layers, False).app == layers / "app-1.10-x"


@pytest.mark.parametrize(
    ("version", "runtime", "note"),
    [("1.10", "another", "needs another runtime"), ("1.8", RUNTIME, "")],
)
def test_what_does_not_fit_is_left_alone(places: tuple[Path, Path], version: str, runtime: str, note: str) -> None:
    installed, layers = places
    _update(layers, "app-z", version, runtime, confirmed=True)
    choice = launcher.choose(installed, layers, False)
    assert choice.app == installed / "app"
    assert note in " ".join(choice.notes)


@pytest.mark.parametrize(
    ("facts", "state", "driver", "note"),
    [
        ({"runtime": RUNTIME}, {"works": True}, True, ""),
        ({"runtime": RUNTIME}, {"works": True}, False, "driver"),
        ({"runtime": "other"}, {"works": True}, True, "another version"),
        ({"runtime": RUNTIME}, {"works": False, "reason": "it crashed"}, True, "it crashed"),
        (None, {"works": True}, True, "damaged or gone"),
        ({"runtime": RUNTIME, "unpacked": 10**6}, {"works": True}, True, "cut off"),
    ],
)
def test_a_gpu_layer_is_used_or_the_reason_is_said(
    places: tuple[Path, Path], facts: object, state: dict[str, object], driver: bool, note: str
) -> None:
    installed, layers = places
    if facts is not None:
        _write(layers / "gpu-x" / "layer.json", facts)
    _write(layers / "layers.json", {"gpu": {"folder": "gpu-x", **state}})
    choice = launcher.choose(installed, layers, driver)
    assert (choice.gpu is None) == bool(note)
    assert note in " ".join(choice.notes)


def test_the_program_knows_its_layers_as_the_launcher_tells_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from desktop_app.io.layers.running import LAYERS, running_layers

    assert LAYERS == launcher.LAYERS
    choice = launcher.Choice(RUNTIME, Path("a"), Path("g"), ["why"])
    monkeypatch.setenv(LAYERS, choice.as_text())
    layers = running_layers()
    assert (layers.runtime, layers.app, layers.gpu, layers.notes) == (RUNTIME, Path("a"), Path("g"), ("why",))
    monkeypatch.setenv(LAYERS, "nonsense")
    assert running_layers() is None
