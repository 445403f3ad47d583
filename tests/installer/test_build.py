"""What the installers are made of."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import bare_root
import build
import bundle
import bundle_contents
import environment as environments
import layer_files
import manual_files
import pytest
import windows_installer

from desktop_app.jobs.named_modules import named_modules

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("torch/include/ATen/ATen.h", False),
        ("torch/lib/libtorch_cpu.so", True),
        ("torch/bin/torch_shm_manager", True),
        ("torch/bin/protoc", False),
        ("skimage/__init__.pyi", True),
        ("numpy/testing/__init__.py", True),
        ("scipy/stats/tests/test_x.py", False),
        ("torch-2.13.0.dist-info/licenses/third_party/fbgemm/test/mx/LICENSE", True),
        ("voxelwright-1.0.dist-info/METADATA", False),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/qml/QtQuick/x.so", False),
    ],
)
def test_what_goes_into_the_runtime(name: str, wanted: bool) -> None:
    assert bundle_contents.is_wanted(name) is wanted


def test_nothing_that_the_program_imports_is_left_out() -> None:
    named = {one.module for one in named_modules(ROOT / "desktop_app")}
    out = bundle_contents.LEFT_OUT_MODULES
    assert {name for name in named if any(name == left or name.startswith(f"{left}.") for left in out)} == set()


def test_the_app_layer_runs_on_its_own(tmp_path: Path) -> None:
    app = tmp_path / "app"
    bundle.write_app(ROOT, app, "abc", bytes(32), Path(sys.executable))
    version = bundle.version_of(ROOT)
    facts = json.loads((app / "app.json").read_text(encoding="utf-8"))
    assert (facts["version"], facts["runtime"]) == (version, "abc")
    script = (
        f"import sys; sys.path.insert(0, {str(app)!r})\n"
        "import desktop_app.io.version as v, desktop_app.io.resources as r\n"
        "print(v.__file__); print(v.own_version()); print(r.resource('help', 'contents.txt').is_file())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    lines = done.stdout.splitlines()
    assert Path(lines[0]).is_relative_to(app), done.stderr
    assert lines[1:] == [version, "True"]


def test_a_layer_is_cut_into_parts_and_named_by_its_content(tmp_path: Path) -> None:
    folder = tmp_path / "layer"
    folder.mkdir()
    (folder / "a.bin").write_bytes(bytes(range(256)) * 40)
    first = layer_files.tree_hash(folder)
    manifest = layer_files.pack_layer(folder, {"kind": "gpu", "version": "2.0"}, tmp_path / "out", bytes(32), 100)
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    assert facts["name"] == f"gpu-2.0-{first}"
    assert all(part["size"] <= 100 for part in facts["parts"])
    (folder / "a.bin").write_bytes(b"other")
    assert layer_files.tree_hash(folder) != first


def test_the_key_comes_from_the_environment_or_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(layer_files.KEY_VARIABLE, raising=False)
    made = layer_files.signing_key(tmp_path)
    assert layer_files.signing_key(tmp_path) == made
    monkeypatch.setenv(layer_files.KEY_VARIABLE, "11" * 32)
    assert layer_files.signing_key(tmp_path) == bytes.fromhex("11" * 32)
    monkeypatch.setenv(layer_files.KEY_VARIABLE, "short")
    with pytest.raises(layer_files.SetupError):
        layer_files.signing_key(tmp_path)


def test_one_version_everywhere() -> None:
    version = bundle.version_of(ROOT)
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[1].startswith(version)


def test_the_manual_becomes_one_file_whose_links_lead_somewhere() -> None:
    import re

    text = manual_files.whole_manual(ROOT / "resources" / "help", "1.0")
    anchors = set(re.findall(r'id="([\w-]+)"', text))
    assert set(re.findall(r'href="#([\w-]+)"', text)) <= anchors
    assert 'src="data:image/png' in text
    assert not re.search(r'src="(?!data:)', text)
    assert "Radius" in text or "Size" in text


@pytest.mark.skipif(not shutil.which("makensis"), reason="needs makensis")
def test_the_windows_installer_compiles(tmp_path: Path) -> None:
    installer = windows_installer.build(ROOT, None, "1.2.3", tmp_path)
    assert installer.read_bytes()[:2] == b"MZ"


def test_a_python_without_packages_hands_over_to_the_projects_own(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []

    def run(command: list[str], check: bool) -> subprocess.CompletedProcess[str]:
        called.append(command)
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(build.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(environments, "prepare", lambda _place, _parts: None)
    monkeypatch.setattr(build.subprocess, "run", run)
    assert build.main(["manual", "--here"]) == 3
    ((python, script, *words),) = called
    assert Path(python).is_relative_to(ROOT / ".venv")
    assert Path(script).name == "build.py"
    assert words == ["manual", "--here"]


@pytest.mark.parametrize("command", ["try-deb", "try-run", "try-appimage"])
def test_a_package_of_another_version_is_not_taken_for_this_one(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[str] = []

    def try_it(package: Path, _folder: Path, _suite: str) -> bool:
        tried.append(package.name)
        return True

    monkeypatch.setattr(bare_root, "try_package", try_it)
    monkeypatch.setattr(build.old_base, "oldest_suite", lambda _program: "bullseye")
    names = ("voxelwright_{}_amd64.deb", "Voxelwright-{}-linux-x86_64.run", "Voxelwright-{}-x86_64.AppImage")
    for name in names:
        (tmp_path / name.format("0.0.0")).touch()
    assert build.main([command, "--out", str(tmp_path)]) == 2
    assert "build it first" in capsys.readouterr().err
    version = bundle.version_of(ROOT)
    for name in names:
        (tmp_path / name.format(version)).touch()
    assert build.main([command, "--out", str(tmp_path)]) == 0
    (name,) = tried
    assert version in name


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_the_same_parts_give_the_same_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets are written into the runtime in an order that follows the seed of hashes."""
    script = tmp_path / "python"
    script.write_text(
        f"#!/bin/sh\nmkdir -p {tmp_path}/dist/runtime/_internal\n"
        f"{sys.executable} -c \"print(hash('a'))\" > {tmp_path}/dist/runtime/_internal/order.txt\n",
        encoding="utf-8",
    )
    script.chmod(0o755)
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    names = {bundle.build_runtime(ROOT, tmp_path, script).name}
    monkeypatch.delenv("PYTHONHASHSEED")
    names.add(bundle.build_runtime(ROOT, tmp_path, script).name)
    assert len(names) == 1
