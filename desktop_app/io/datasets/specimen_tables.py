"""A table beside images that says of which specimen each of them is."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from desktop_app.io.images.registry import image_stem
from desktop_app.io.images.specimen_facts import key_of_specimen, plain_name

_ENDINGS = (".csv", ".tsv")
_ABOVE = 3  # folders between an image and the table: {train,val,test}/images is the deepest layout
_MOST_BYTES = 5_000_000  # a line each for some ten thousand images; larger tables hold measurements
_MOST_TABLES = 20  # in a folder; more are results


def specimens_beside(images: Iterable[Path]) -> dict[Path, str]:
    """The specimens of images that a table in their folder, or in one above, names; the others are left out.

    A table has headings, one of which is a word for a specimen, and a column with the names of the images.
    """
    files = list(images)
    by_folder: dict[Path, list[Path]] = {}
    for file in files:
        by_folder.setdefault(file.parent, []).append(file)
    found: dict[Path, str] = {}
    known: dict[Path, list[dict[str, str]]] = {}
    for folder, inside in by_folder.items():
        for above in (folder, *list(folder.parents)[: _ABOVE - 1]):
            if above not in known:
                known[above] = [told for table in _tables_in(above) if (told := _read(table))]
            for told in known[above]:
                named = {file: told[name] for file in inside if (name := _listed(file, told)) is not None}
                found = named | found
    return found


def _tables_in(folder: Path) -> list[Path]:
    try:
        tables = sorted(path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS)
        return [path for path in tables[:_MOST_TABLES] if path.is_file() and path.stat().st_size <= _MOST_BYTES]
    except OSError:
        return []


def _listed(file: Path, told: Mapping[str, str]) -> str | None:
    """How a table calls an image: by the name of its file, with or without its ending."""
    return next((name for name in (file.name, image_stem(file)) if name in told), None)


def _read(table: Path) -> dict[str, str]:
    """The specimen by every other value of its line, where that is the value of one specimen only."""
    try:
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        return {}
    first = text.partition("\n")[0]
    separator = max("\t,;", key=first.count)
    lines = list(csv.DictReader(text.splitlines(), delimiter=separator, restkey=None))
    key = key_of_specimen(str(heading) for heading in (lines[0] if lines else {}) if heading)
    found: dict[str, str] = {}
    ambiguous: set[str] = set()
    for line in lines if key is not None else ():
        specimen = plain_name(line.get(key or "") or "")
        values = (value.strip() for heading, value in line.items() if heading != key and isinstance(value, str))
        for value in filter(None, values):
            if found.setdefault(value, specimen) != specimen:
                ambiguous.add(value)
    return {value: specimen for value, specimen in found.items() if specimen and value not in ambiguous}
