"""The licences of the libraries that the program stands on, as their packages state them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import Protocol

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from desktop_app.core.json_text import parse_json
from desktop_app.io.layers.running import running_layers
from desktop_app.io.resources import resource

PROGRAM = "voxelwright"
PARTS_FILE = "parts.json"
"""In the folder of the built program: a list of objects with name, version, licence and text."""
_CLASSIFIER = "License :: OSI Approved :: "
_NAMES = ("licen", "copying", "notice", "authors")  # licence, LICENSE, COPYING.LESSER, NOTICE …
_STANDARD = {"LGPL": ("LGPL-3", "GPL-3"), "GPL": ("GPL-3",), "Apache": ("Apache-2.0",)}
"""Licence texts that come with the program, by what the licence's name begins with: some packages hold none of their
own. The LGPL adds to the GPL, so that both belong to it."""
_LONGEST_NAME = 60  # characters; some packages state their whole licence where its name belongs


class Part(Protocol):
    """Something that the program is made of, with its licence."""

    @property
    def name(self) -> str:
        """As its makers spell it."""

    @property
    def version(self) -> str:
        """Of what is here."""

    @property
    def licence(self) -> str:
        """The licence's name; empty where it is not stated."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The licence in full, and those of what it holds in turn."""


@dataclass(frozen=True, slots=True)
class BundledPart:
    """What the built program brings along that is no Python package: Python itself, libraries of the build's system.

    Attributes:
        name: As its makers spell it.
        version: Of what is inside.
        licence: The licence's name; empty where it is not stated.
        texts: The licence in full.
    """

    name: str
    version: str
    licence: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Library:
    """One installed package.

    Attributes:
        package: Its metadata.
    """

    package: Distribution

    @property
    def name(self) -> str:
        """As its makers spell it."""
        return str(self.package.metadata["Name"])

    @property
    def version(self) -> str:
        """Installed now."""
        return self.package.version

    @cached_property
    def licence(self) -> str:
        """The licence's name; empty where the package does not state it."""
        classified = [c.removeprefix(_CLASSIFIER) for c in self._stated("Classifier") if c.startswith(_CLASSIFIER)]
        first_lines = [line for text in self._stated("License") for line in text.strip().splitlines()[:1]]
        words = self._stated("License-Expression") or classified or first_lines
        return ", ".join(words)[:_LONGEST_NAME]

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The licence files that come with it, and those of what it holds in turn; else the text that it names."""
        found = []
        for file in self.package.files or ():
            path = PurePosixPath(file)
            inside = ".dist-info" in path.parts[0]
            if inside and any(word in path.name.lower() for word in _NAMES) and path.suffix not in (".py", ".pyc"):
                with suppress(FileNotFoundError):  # somebody has tidied up; the others still count
                    found.append(file.read_binary().decode("utf-8", errors="replace"))
        return tuple(text.strip() for text in found if text.strip()) or standard_texts(self.licence)

    def _stated(self, field: str) -> list[str]:
        return [str(value) for value in self.package.metadata.get_all(field) or [] if value]


def standard_texts(licence: str) -> tuple[str, ...]:
    """The licence that a name means, in full; nothing where it is none of those that come with the program."""
    names = next((names for start, names in _STANDARD.items() if licence.startswith(start)), ())
    return tuple(resource("licences", f"{name}.txt").read_text(encoding="utf-8").strip() for name in names)


def libraries_of(program: str = PROGRAM) -> list[Library]:
    """All installed packages that a program needs, directly or through others, by name; itself not among them."""
    found: dict[str, Library] = {}
    waiting = [program]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        found[name] = Library(package)
        waiting += [wanted for line in package.requires or () if (wanted := _needed(line)) is not None]
    found.pop(canonicalize_name(program), None)
    return sorted(found.values(), key=lambda library: library.name.lower())


def _needed(line: str) -> str | None:
    """The package that a requirement names; None where it is not for this machine or only for an extra."""
    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return None
    if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
        return None
    return requirement.name


def bundled_parts(file: Path) -> list[BundledPart]:
    """What the build has noted of its parts that are no Python packages; none where the file is missing or damaged."""
    try:
        noted = parse_json(file.read_bytes())
        return [BundledPart(str(n["name"]), str(n["version"]), str(n["licence"]), (str(n["text"]),)) for n in noted]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def parts_of_program() -> list[Part]:
    """All that this program stands on, by name: its libraries and, where it was built, what lies beside them."""
    built = running_layers() is not None
    beside = bundled_parts(Path(sys.executable).resolve().parent.parent / PARTS_FILE) if built else []
    return sorted([*libraries_of(), *beside], key=lambda part: part.name.lower())


def licence_report(libraries: Iterable[Part]) -> str:
    """One text with name, version, licence and licence texts of each part, for a bundle."""
    parts = []
    for library in libraries:
        head = f"{library.name} {library.version}\n{library.licence or 'No licence is stated in its package.'}"
        parts.append("\n\n".join([f"{'=' * 80}\n{head}", *library.texts]))  # characters: a line
    return "\n\n".join(parts) + "\n"
