"""The packages for Linux, with a small stand-in for the program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import linux_packages
import pytest
from failures import SetupError

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not (shutil.which("xz") and shutil.which("dpkg-deb")), reason="packs with Linux's tools"
)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "built"
    (folder / "app").mkdir(parents=True)
    start = folder / "voxelwright"
    start.write_text('#!/bin/sh\necho started with "$@"\n', encoding="ascii")
    start.chmod(0o755)
    (folder / "parts.json").write_text('[{"name": "Python"}]', encoding="ascii")
    (folder / "LICENCES.txt").write_text("Python's licence", encoding="ascii")
    return folder


def _archive(program: Path, out: Path) -> Path:
    package = linux_packages.debian_package(ROOT, program, "1.2.3", "2.31", out)
    return linux_packages.self_extracting(ROOT, package, "1.2.3", out)


def _run(home: Path, *command: str) -> str:
    variables = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_archive_installs_itself_twice_and_leaves_nothing(program: Path, tmp_path: Path) -> None:
    home = tmp_path / "home with spaces"
    (home / ".config" / "voxelwright").mkdir(parents=True)
    settings = home / ".config" / "voxelwright" / "settings.json"
    settings.write_text("{}", encoding="ascii")
    archive = _archive(program, tmp_path)
    share = home / ".local" / "share"
    for _ in range(2):
        _run(home, "sh", str(archive), "--quiet")
        assert _run(home, str(home / ".local" / "bin" / "voxelwright"), "x").strip() == "started with x"
        entry = (share / "applications" / "voxelwright.desktop").read_text(encoding="utf-8")
        assert f'Exec="{share}/voxelwright-program/voxelwright" %f' in entry
        assert "MimeType=application/x-voxelwright-project;" in entry
        assert ";image/tiff;" in entry
        assert '"*.vwproj"' in (share / "mime" / "packages" / "voxelwright.xml").read_text(encoding="utf-8")
    _run(home, str(share / "voxelwright-program" / "uninstall.sh"))
    assert [path for path in home.rglob("*") if path.is_file() or path.is_symlink()] == [settings]


def test_what_others_have_installed_stays(program: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    share = home / ".local" / "share"
    others = (share / "applications" / "other.desktop", share / "mime" / "packages" / "other.xml")
    for path in others:
        path.parent.mkdir(parents=True)
    others[0].write_text("[Desktop Entry]\nType=Application\nName=Other\nExec=other\n", encoding="ascii")
    others[1].write_text(
        '<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info"><mime-type type="text/x-other">'
        '<glob pattern="*.other"/></mime-type></mime-info>',
        encoding="ascii",
    )
    archive = _archive(program, tmp_path)
    _run(home, "sh", str(archive), "--quiet")
    _run(home, str(share / "voxelwright-program" / "uninstall.sh"))
    assert all(path.exists() for path in others)
    if shutil.which("update-mime-database"):
        globs = (share / "mime" / "globs").read_text(encoding="utf-8")
        assert "*.other" in globs
        assert "nifti" not in globs
    assert not [path for path in home.rglob("*") if "voxelwright" in path.name or "nifti" in path.name]


@pytest.fixture
def head(tmp_path: Path) -> Path:
    """A program that starts, and ends at once, with the mark of a head in bytes that the system does not look at."""
    data = bytearray(Path(shutil.which("true") or "/bin/true").read_bytes())
    data[8:11] = b"AI\x02"
    path = tmp_path / "runtime-x86_64"
    path.write_bytes(data)
    return path


@pytest.mark.skipif(not shutil.which("mksquashfs"), reason="needs squashfs-tools")
@pytest.mark.parametrize(("readable", "compression"), [([True, True], 6), ([False, True, True], 1)])
def test_an_appimage_is_its_head_with_what_that_reads_behind_it(
    readable: list[bool], compression: int, head: Path, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compression is a number in the file system's own head: 6 is zstd, 1 is gzip."""
    monkeypatch.setattr(linux_packages, "reads_itself", lambda _image: readable.pop(0))
    place, size = tmp_path / "extracted", head.stat().st_size
    image = linux_packages.app_image(ROOT, program, "1.2.3", head, tmp_path)
    assert image.name == "Voxelwright-1.2.3-x86_64.AppImage"
    assert _run(tmp_path, str(image)) == ""
    assert image.read_bytes()[size + 20] == compression
    _run(tmp_path, "unsquashfs", "-no-progress", "-offset", str(size), "-d", str(place), str(image))
    assert _run(tmp_path, str(place / "AppRun"), "x").strip() == "started with x"
    assert "Exec=voxelwright %f" in (place / "voxelwright.desktop").read_text(encoding="utf-8")
    parts = json.loads((place / "parts.json").read_text(encoding="utf-8"))
    assert [part["name"] for part in parts] == ["Python", "AppImage runtime"]
    assert "Simon Peter" in (place / "LICENCES.txt").read_text(encoding="utf-8")
    assert (program / "LICENCES.txt").read_text(encoding="ascii") == "Python's licence"
    assert (place / ".DirIcon").read_bytes()[:4] == b"\x89PNG"
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"built", "extracted", head.name, image.name}


@pytest.mark.skipif(not shutil.which("mksquashfs"), reason="needs squashfs-tools")
def test_an_image_that_does_not_read_itself_is_none(
    head: Path, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [True, False]
    monkeypatch.setattr(linux_packages, "reads_itself", lambda _image: answers.pop(0))
    with pytest.raises(SetupError, match="cannot read itself"):
        linux_packages.app_image(ROOT, program, "1.2.3", head, tmp_path)
    assert not list(tmp_path.glob("*.AppImage"))


@pytest.mark.skipif(not shutil.which("mksquashfs"), reason="needs squashfs-tools")
def test_a_head_that_reads_nothing_is_refused(head: Path, program: Path, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot read"):
        linux_packages.app_image(ROOT, program, "1.2.3", head, tmp_path)
    assert not list(tmp_path.glob("*.AppImage"))


@pytest.mark.skipif(not shutil.which("mksquashfs"), reason="needs squashfs-tools")
@pytest.mark.parametrize("content", [b"#!/bin/sh\n", b"\x7fELF" + bytes(60), None])
def test_what_is_no_head_of_an_appimage_is_refused(program: Path, tmp_path: Path, content: bytes | None) -> None:
    runtime = tmp_path / "runtime-x86_64"
    if content is not None:
        runtime.write_bytes(content)
    with pytest.raises(SetupError, match="runtime"):
        linux_packages.app_image(ROOT, program, "1.2.3", runtime, tmp_path)
    assert not list(tmp_path.glob("*.AppImage"))


def test_the_debian_package_says_what_it_needs_and_where_it_goes(program: Path, tmp_path: Path) -> None:
    package = linux_packages.debian_package(ROOT, program, "1.2.3", "2.31", tmp_path)
    assert "libc6 (>= 2.31), " in _run(tmp_path, "dpkg-deb", "-f", str(package), "Depends")
    names = _run(tmp_path, "dpkg-deb", "-c", str(package))
    for place in (
        "./usr/bin/voxelwright -> ../../usr/lib/voxelwright/voxelwright", "./usr/lib/voxelwright/voxelwright",
        "./usr/share/applications/voxelwright.desktop", "./usr/share/mime/packages/voxelwright.xml",
    ):  # fmt: skip
        assert place in names


@pytest.mark.parametrize("cut", [70, 900])
def test_what_is_no_whole_package_makes_no_archive(cut: int, program: Path, tmp_path: Path) -> None:
    package = linux_packages.debian_package(ROOT, program, "1.2.3", "2.31", tmp_path)
    package.write_bytes(package.read_bytes()[:cut])
    with pytest.raises(SetupError, match=package.name):
        linux_packages.self_extracting(ROOT, package, "1.2.3", tmp_path)


def test_a_start_of_an_appimage_outlives_what_another_removes(program: Path, tmp_path: Path) -> None:
    """Heads remove what they unpacked when any start ends."""
    unpacked = tmp_path / "appimage_extracted_0123"
    shutil.copytree(program, unpacked)
    shutil.copyfile(ROOT / "installer/linux/AppRun", unpacked / "AppRun")
    (unpacked / "late.txt").write_text("still here", encoding="ascii")
    start = unpacked / "voxelwright"
    start.write_text(
        f"#!/bin/sh\ntouch {tmp_path}/began\nuntil [ -e {tmp_path}/removed ]; do sleep 0.1; done\n"
        'cat "$(dirname "$0")/late.txt"\nexit 3\n',
        encoding="ascii",
    )
    variables = {"PATH": os.environ["PATH"]}
    command = ["sh", str(unpacked / "AppRun")]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as process:
        while not (tmp_path / "began").exists():
            assert process.poll() is None
            time.sleep(0.02)
        shutil.rmtree(unpacked)
        (tmp_path / "removed").touch()
        said, _ = process.communicate(timeout=60)
    assert said == "still here"
    assert process.returncode == 3
    assert not list(tmp_path.glob("voxelwright_*"))
    assert unpacked.is_dir()  # for the head to remove
