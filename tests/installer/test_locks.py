"""The pinned packages: each with the hashes of its files, and which are taken where."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import bundle
import hash_locks
import pytest

ROOT = Path(__file__).resolve().parents[2]
HASHED = [path for path in sorted((ROOT / "installer").glob("*.lock")) if path.name != bundle.TORCH_LOCK]


@pytest.mark.parametrize("lock", HASHED, ids=lambda path: path.name)
def test_every_pin_has_hashes(lock: Path) -> None:
    """pip takes nothing else; `installer/hash_locks.py` adds them."""
    pins = bundle.pins_of(lock)
    assert pins
    for pin in pins:
        assert re.match(r"[\w.-]+==[\w.+]+( ; [^\\]+)? \\\n", pin), pin
        assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}( \\)?$", pin, re.MULTILINE)) == pin.count("\n"), pin


def test_what_is_bundled_is_the_torch_that_is_used() -> None:
    (torch,) = bundle.pins_of(ROOT / "installer" / bundle.TORCH_LOCK)
    build = {pin.partition(" \\\n")[0] for pin in bundle.pins_of(ROOT / "installer" / bundle.BUILD_LOCK)}
    bundled = {pin for pin in build if bundle.name_of(pin) == "torch"}
    assert {pin.split(" ")[0].partition("+")[0] for pin in bundled} == {torch}
    linux = [pin for pin in bundled if pin.endswith('== "linux"')]
    assert [pin.split(" ")[0] for pin in linux] == [f"{torch}+cpu"]  # no libraries for GPUs, which weigh gigabytes
    assert "torch==" not in "".join(bundle.pins_of(ROOT / "installer" / "requirements.lock"))


def test_an_old_system_gets_the_qt_that_runs_there() -> None:
    new, old = bundle.pins(ROOT, "2.36"), bundle.pins(ROOT, "2.31")
    assert "pyside6-essentials==6.9.3 " in old
    assert "shiboken6==6.9.3 " in old
    assert "6.9.3" not in new
    assert bundle.pins(ROOT, "") == new
    assert new.count("==") == old.count("==")
    assert "pyinstaller==" in new


def test_hashes_are_written_below_what_is_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, other = tmp_path / "some.lock", tmp_path / bundle.TORCH_LOCK
    by_hand = "more==2+local \\\n    --hash=sha256:bb"
    lock.write_text(f"# What it is for.\n{by_hand}\nthing==1 \\\n    --hash=sha256:old\n", encoding="utf-8")
    other.write_text("torch==3\n", encoding="utf-8")

    def asked(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        assert options["input"] == "thing==1"
        return subprocess.CompletedProcess(command, 0, "thing==1 \\\n    --hash=sha256:aa\n", "")

    monkeypatch.setattr(hash_locks, "FOLDER", tmp_path)
    monkeypatch.setattr(hash_locks.subprocess, "run", asked)
    assert hash_locks.main() == 0
    assert lock.read_text(encoding="utf-8") == (f"# What it is for.\nthing==1 \\\n    --hash=sha256:aa\n{by_hand}\n")
    assert other.read_text(encoding="utf-8") == "torch==3\n"
