"""What a runtime holds beside Python packages, and that About can show it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import bundled_parts
import pytest

from desktop_app.io.licences import bundled_parts as read_parts
from desktop_app.io.licences import licence_report


def test_python_is_a_part_with_its_licence(tmp_path: Path) -> None:
    (tmp_path / "_internal").mkdir()
    file = tmp_path / "parts.json"
    file.write_text(json.dumps(bundled_parts.beside_packages(tmp_path)), encoding="utf-8")
    (python,) = read_parts(file)
    assert (python.name, python.licence) == ("Python", "PSF-2.0")
    assert f"Python {python.version}\nPSF-2.0" in licence_report([python])


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="only Debian's packages know their licences")
def test_a_library_of_the_system_is_named_by_its_package(tmp_path: Path) -> None:
    (tmp_path / "_internal").mkdir()
    (tmp_path / "_internal" / "libc.so.6").write_bytes(b"")
    parts = {part["name"]: part for part in bundled_parts.beside_packages(tmp_path)}
    assert parts["libc6"]["version"]
    assert "LGPL" in parts["libc6"]["text"]
