"""What a built runtime holds that is no Python package, with the licences: About shows them beside the libraries'."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

_MOST_NAMES = 4  # licences named in a row of About; the text names all


def beside_packages(runtime: Path) -> list[dict[str, str]]:
    """Python itself, and the libraries of this system that were copied (those of Debian alone know their packages).

    Args:
        runtime: The built runtime.

    Returns:
        Name, version, licence and text of each, as ``parts.json`` holds them.
    """
    parts = [_python()]
    if shutil.which("dpkg-query"):
        owners = {owner for path in _libraries(runtime) if (owner := _owner(path.name))}
        parts += [_of_debian(owner) for owner in sorted(owners)]
    return parts


def _python() -> dict[str, str]:
    path = Path(sysconfig.get_path("stdlib"), "LICENSE.txt")
    text = (
        path.read_text(encoding="utf-8", errors="replace") if path.exists() else "See https://docs.python.org/license"
    )
    return {"name": "Python", "version": platform.python_version(), "licence": "PSF-2.0", "text": text}


def _libraries(runtime: Path) -> list[Path]:
    return sorted(path for path in (runtime / "_internal").glob("*.so*") if path.is_file())


def _owner(name: str) -> str:
    """The Debian package that holds a library; empty for none."""
    answer = subprocess.run(["dpkg-query", "-S", f"*/{name}"], capture_output=True, text=True, check=False)
    return answer.stdout.split(":")[0]


def _of_debian(package: str) -> dict[str, str]:
    shown = ["dpkg-query", "-W", "-f", "${Version}\\n", package]
    versions = subprocess.run(shown, capture_output=True, text=True, check=False).stdout.splitlines()
    path = Path("/usr/share/doc", package, "copyright")
    text = path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else "See the package."
    named = list(dict.fromkeys(re.findall(r"^License: *(\S.*?)\s*$", text, re.MULTILINE)))
    return {
        "name": package,
        "version": next(iter(versions), ""),
        "licence": ", ".join(named[:_MOST_NAMES]),
        "text": text,
    }
