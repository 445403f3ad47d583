from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.cli.app import run_command
from desktop_app.cli.options import WRONG


def test_a_copy_is_made_listed_and_deleted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, np.ones((20, 90, 80), np.uint8), compression="zlib")
    assert run_command(["copy", str(path)]) == 0
    assert f"Prepared: {path}" in capsys.readouterr().out
    assert run_command(["copy", str(path)]) == 0
    assert "was prepared already" in capsys.readouterr().out
    assert run_command(["copy", "--list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
    assert run_command(["copy", "--list"]) == 0
    assert str(path) in capsys.readouterr().out
    assert run_command(["copy", "--delete", str(path)]) == 0
    assert run_command(["copy", "--list"]) == 0
    assert "There are no copies." in capsys.readouterr().out


def test_without_an_image_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["copy"]) == WRONG
    assert "No image was named." in capsys.readouterr().err
