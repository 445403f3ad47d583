"""What can go wrong while installing, said in one sentence each."""

from __future__ import annotations

import errno
import re
from pathlib import Path


class SetupError(Exception):
    """Setting up failed in a way that the user can mend; the text says how."""


NO_NETWORK = (
    "The packages could not be downloaded: this computer does not reach the package index. "
    "Check the network (and the proxy, if you use one), then start again."
)
NO_CERTIFICATE = (
    "The packages could not be downloaded: the secure connection was refused. "
    "Check this computer's clock, and ask for your network's certificate if it uses one, then start again."
)
BAD_DOWNLOAD = "A downloaded package was damaged on the way. Start again; what is complete is not downloaded twice."

_PIP_CAUSES = (
    (r"No space left on device|Errno 28|not enough space on the disk|WinError 112", "space"),
    (r"Read-only file system|Permission denied|Errno 13\b|Errno 30\b|WinError 5\b|Access is denied", "rights"),
    (r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSLError", "certificate"),
    (
        r"NewConnectionError|NameResolutionError|Temporary failure in name resolution|getaddrinfo failed|"
        r"Network is unreachable|Connection refused|ConnectTimeout|ReadTimeout|timed out|ProxyError|"
        r"Cannot connect to proxy|ConnectionReset|RemoteDisconnected|Max retries exceeded",
        "network",
    ),
    (r"DO NOT MATCH THE HASHES|IncompleteRead|BadZipFile|invalid wheel|hash mismatch", "damaged"),
)


def no_space(folder: Path, needed_gb: float, free_gb: float | None = None) -> SetupError:
    """The disk is too full."""
    found = "" if free_gb is None else f" and {free_gb:.1f} GB are free"
    return SetupError(
        f"The disk that holds {folder} is too full: the installation needs up to {needed_gb:.0f} GB{found}. "
        "Make room, then start again."
    )


def no_rights(folder: Path) -> SetupError:
    """The folder cannot be written."""
    return SetupError(
        f"{folder} cannot be written. Copy the program's folder to a place that belongs to you, "
        "for instance your home folder, and start it there."
    )


def from_os_error(problem: OSError, folder: Path, needed_gb: float) -> SetupError:
    """Say an operating system's error in plain words."""
    if problem.errno == errno.ENOSPC:
        return no_space(folder, needed_gb)
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return no_rights(folder)
    return SetupError(f"Setting up in {folder} failed: {problem}.")


def from_pip_output(text: str, folder: Path, log: Path, needed_gb: float) -> SetupError:
    """Find the cause in what pip wrote.

    Args:
        text: Everything that pip wrote.
        folder: The environment's folder.
        log: Where that text was saved.
        needed_gb: Room that the installation needs, in GB.
    """
    cause = next((name for pattern, name in _PIP_CAUSES if re.search(pattern, text, re.IGNORECASE)), "other")
    if cause == "space":
        return no_space(folder, needed_gb)
    if cause == "rights":
        return no_rights(folder)
    known = {"certificate": NO_CERTIFICATE, "network": NO_NETWORK, "damaged": BAD_DOWNLOAD}
    if cause in known:
        return SetupError(known[cause])
    missing = re.search(r"No matching distribution found for (\S+)", text)
    if missing:
        return SetupError(
            f"{missing.group(1)} is not offered for this computer's system and Python. Try another Python from 3.11 "
            f"to 3.13. What was tried is in {log}."
        )
    last = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no output")
    return SetupError(f"Installing the packages failed: {last} Everything that was written is in {log}.")
