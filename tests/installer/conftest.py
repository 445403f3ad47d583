"""The installer's own modules, and a small project with a false pip to install."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

INSTALLER = Path(__file__).resolve().parents[2] / "installer"
sys.path.insert(0, str(INSTALLER))

import environment as environments  # noqa: E402

FALSE_PIP = """#!{python}
import os, pathlib, sys
here = pathlib.Path(__file__).resolve().parent.parent.parent
if "-c" in sys.argv:
    print(*sys.version_info[:2])
    sys.exit(0)
with open(here / "calls.txt", "a") as calls:
    print(*sys.argv[1:], file=calls)
answer = here / "answer.txt"
if answer.exists():
    print(answer.read_text())
    sys.exit(1)
print("Collecting everything")
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> environments.Environment:
    """A project with locks whose environment is made at once and whose pip only notes how it was called."""
    root = tmp_path / "project"
    (root / "installer").mkdir(parents=True)
    (root / "pyproject.toml").write_text("[project]\n")
    for name in (*environments.LOCKS.values(), environments.TORCH_LOCK):
        (root / "installer" / name).write_text("thing==1\n")
    made = environments.Environment(root)

    def make(environment: environments.Environment) -> None:
        environment.python.parent.mkdir(parents=True, exist_ok=True)
        environment.python.write_text(FALSE_PIP.format(python=sys.executable))
        environment.python.chmod(0o755)
        (environment.folder / "pyvenv.cfg").write_text(f"command = venv {environment.folder}\n")

    monkeypatch.setattr(environments, "_make", make)
    return made


def pip_calls(place: environments.Environment) -> list[str]:
    """How the false pip was called, oldest first."""
    calls = place.root / "calls.txt"
    return calls.read_text().splitlines() if calls.exists() else []
