"""What a command that is killed leaves behind is gone when it has run again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.cli.app import run_command

KILLED = """
import os
import sys

from desktop_app.cli.app import run_command


def killed(event, arguments):
    if event == "os.rename" and str(arguments[1]) == sys.argv[1]:
        os._exit(9)


sys.addaudithook(killed)
sys.exit(run_command(sys.argv[2:]))
"""
"""Ends the program, with nothing cleared away, where the result would get its name."""


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["objects", "size-filter", "--labels", "labels.tif", "--out"], "out.tif"),
        (["objects", "size-filter", "--labels", "labels.tif", "--out"], "out.ome.zarr"),
        (["propose", "image.tif", "--at", "2,10,10", "--labels", "labels.tif", "--out"], "out.tif"),
        (["convert", "image.tif"], "out.ome.zarr"),
        (["prepare", "pairs", "--out"], "set"),
    ],
)
def test_a_killed_command_leaves_nothing_once_it_has_run_again(
    words: list[str], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = np.zeros((5, 20, 20), np.uint16)
    numbers[1:4, 6:14, 6:14] = 1
    image = 100 + 100 * numbers
    for place, array in (("", image), ("pairs/images/", image), ("pairs/labels/", numbers)):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(tmp_path / place / "image.tif", array, photometric="minisblack")
    tifffile.imwrite(tmp_path / "labels.tif", numbers, photometric="minisblack")
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "out" / name
    command = [*words, str(out)]
    ended = subprocess.run([sys.executable, "-c", KILLED, str(out), *command], capture_output=True, check=False)
    assert ended.returncode == 9, ended.stderr.decode()
    assert list(out.parent.iterdir()), "it was killed before it had written anything"
    assert not out.exists()
    assert run_command(command) == 0
    assert [path.name for path in out.parent.iterdir()] == [name]
