"""A class is found by its name: one word means one thing in the whole program."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / "desktop_app"


def twice(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """Names that several classes have, and the files in which these stand.

    A name with an underscore before it is known to its own file alone, so that others may have it, too.

    Args:
        sources: Text by file.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for name, text in sources.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(name)
    return {name: files for name, files in found.items() if len(files) > 1}


def test_the_name_of_a_class_stands_once() -> None:
    files = sorted(PROGRAM.rglob("*.py"))
    assert twice({path.relative_to(PROGRAM).as_posix(): path.read_text(encoding="utf-8") for path in files}) == {}


def test_a_name_that_stands_twice_is_found_in_functions_and_classes_too() -> None:
    sources = {"a.py": "class Place: ...\n", "b.py": "def f():\n    class Place: ...\n", "c.py": "class _Place: ...\n"}
    assert twice(sources) == {"Place": ["a.py", "b.py"]}
    assert twice({"a.py": "class A:\n    class B: ...\n\nclass B: ...\n"}) == {"B": ["a.py", "a.py"]}
