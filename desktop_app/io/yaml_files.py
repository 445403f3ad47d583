"""YAML of strangers, which is refused where building it would take gigabytes or minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.first_bytes import first_bytes

YAML_SUFFIXES = (".yaml", ".yml")
_LARGEST = 2**20  # bytes; descriptions and settings are some kilobytes, and YAML takes a multiple of its size
_ADVICE = {b"\t": "Indent with spaces, not with tabs.", b"\\": "Put paths of Windows into single quotes."}
"""What to do, by what stands in the line that the parser stops at."""
_DEEPEST = 50  # levels; published descriptions and settings have 8 at most


def read_yaml(path: Path, what: str) -> Any:
    """What a YAML file holds: plain values, lists and tables.

    Args:
        path: Of the file.
        what: What it should be, as “description”, for messages.

    Raises:
        UnreadableFileError: If it is missing, too long, no YAML, or refers to parts of itself.
    """
    import yaml

    text = first_bytes(path, _LARGEST + 1)
    if len(text) > _LARGEST:
        raise UnreadableFileError(path, f"it is far too long for a {what}.")
    try:
        _require_plain(path, text)
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason, hint = f"it is not a readable {what} (YAML).", "Ask its sender for it again."
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None and error.problem:
            number = error.problem_mark.line
            reason = f"it is not a readable {what} (YAML): {error.problem}, line {number + 1}."
            line = b"".join(text.split(b"\n")[number : number + 1])
            hint = next((advice for sign, advice in _ADVICE.items() if sign in line), "Correct that line.")
        elif isinstance(error, yaml.reader.ReaderError) and not _is_utf8(text):
            reason, hint = "its characters are not in UTF-8.", "Save it anew as UTF-8."
        raise UnreadableFileError(path, reason, hint=hint, details=repr(error)) from error


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _require_plain(path: Path, text: bytes) -> None:
    """Refuse what would take gigabytes (aliases of aliases) or minutes (thousands of brackets) to build.

    The parser in C is asked, event by event; PyYAML's own takes half a minute for 4,000 brackets.
    """
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise UnreadableFileError(path, "it refers to parts of itself (aliases).", hint="Write them out.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise yaml.YAMLError(f"Nested more than {_DEEPEST} levels deep")
