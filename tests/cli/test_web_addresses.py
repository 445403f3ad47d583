"""Commands on images at web addresses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.cli.app import run_command
from desktop_app.core.imaging import Volume
from desktop_app.io.images import web_store
from desktop_app.io.images.registry import open_volume, write_volume
from tests.io.images.web_server import served

DATA = np.random.default_rng(1).integers(0, 200, (4, 20, 30), np.uint8)


def test_info_and_convert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(web_store, "_PAUSES", (0.0, 0.0))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("VOXELWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    web_store.forget_descriptions()
    volume = Volume.from_array(DATA)
    write_volume(tmp_path / "www/cells.ome.zarr", volume.source, volume)
    with served(tmp_path / "www") as server:
        address = f"{server.address}/cells.ome.zarr"
        assert run_command(["info", address]) == 0
        assert "4 × 20 × 30" in capsys.readouterr().out
        assert run_command(["convert", address, str(tmp_path / "a.tif")]) == 0
    np.testing.assert_array_equal(open_volume(tmp_path / "a.tif").read(), DATA)
    web_store.forget_descriptions()
    assert run_command(["info", address]) == 1
    assert f"Cannot open {address}: 127.0.0.1 cannot be reached." in "".join(capsys.readouterr())
    assert run_command(["info", "https://"]) == 2
    assert "is no web address" in "".join(capsys.readouterr())
