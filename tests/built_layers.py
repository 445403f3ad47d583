"""Small layers as a publisher makes them, and a program that takes itself for an installed one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from desktop_app.core.signatures import public_key

ROOT = Path(__file__).resolve().parents[1]
SECRET = bytes(range(1, 33))
RUNTIME = "abc123abc123"


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, downloads: str = "") -> Path:
    """Let the program believe that it was installed into a folder; its app layer."""
    app = folder / "installed" / "app"
    app.mkdir(parents=True)
    (app / "update-key.txt").write_text(public_key(SECRET).hex(), encoding="ascii")
    facts = {"version": "0.1.0", "runtime": RUNTIME, "downloads": downloads}
    (app / "app.json").write_text(json.dumps(facts), encoding="utf-8")
    choice = {"runtime": RUNTIME, "app": str(app), "gpu": "", "notes": []}
    monkeypatch.setenv("VOXELWRIGHT_LAYERS", json.dumps(choice))
    return app


def published(folder: Path, kind: str, version: str, files: dict[str, str], most: int = 300, **facts: object) -> Path:
    """Pack a layer with these files, in parts of at most some bytes; the folder that holds them with their manifest."""
    sys.path.insert(0, str(ROOT / "installer"))
    try:
        import layer_files
    finally:
        sys.path.pop(0)
    source = folder / f"{kind} {version} source"
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, encoding="utf-8")
    out = folder / f"{kind} {version}"
    told = {"kind": kind, "version": version, "runtime": RUNTIME, **facts}
    layer_files.pack_layer(source, told, out, SECRET, part_bytes=most)
    return out
