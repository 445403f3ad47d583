"""A class, or what stands for a type, is found by its name: one word means one thing in the whole program."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / "desktop_app"


def twice(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """Names that several classes or words for types have, and the files in which these stand.

    A name with an underscore before it is known to its own file alone, so that others may have it, too.

    Args:
        sources: Text by file.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for name, text in sources.items():
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(name)
        for made in tree.body:
            target = made.targets[0] if isinstance(made, ast.Assign) else getattr(made, "target", None)
            if isinstance(target, ast.Name) and re.fullmatch(r"[A-Z]\w*[a-z]\w*", target.id):
                found[target.id].append(name)
    return {name: files for name, files in found.items() if len(files) > 1}


def test_the_name_of_a_class_stands_once() -> None:
    files = sorted(PROGRAM.rglob("*.py"))
    assert twice({path.relative_to(PROGRAM).as_posix(): path.read_text(encoding="utf-8") for path in files}) == {}


def test_a_name_that_stands_twice_is_found_in_functions_and_classes_too() -> None:
    sources = {"a.py": "class Place: ...\n", "b.py": "def f():\n    class Place: ...\n", "c.py": "class _Place: ...\n"}
    assert twice(sources) == {"Place": ["a.py", "b.py"]}
    assert twice({"a.py": "class A:\n    class B: ...\n\nclass B: ...\n"}) == {"B": ["a.py", "a.py"]}


def test_a_word_for_a_type_counts_as_well() -> None:
    sources = {"a.py": "class Mask: ...\n", "b.py": "Mask: TypeAlias = NDArray[np.bool_]\n", "c.py": "_Mask = int\n"}
    assert twice(sources) == {"Mask": ["a.py", "b.py"]}
    assert twice({"a.py": "Mask = int\n", "b.py": "MASK = 3\nT = TypeVar('T')\n"}) == {}


def test_what_is_ours_goes_by_one_name() -> None:
    """No class, function or table is imported under another name; a module may be."""
    renamed = [
        f"{path.relative_to(PROGRAM).as_posix()}: {alias.name} as {alias.asname}"
        for path in sorted(PROGRAM.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("desktop_app")
        for alias in node.names
        if alias.asname and not _is_module(node.module or "", alias.name)
    ]
    assert renamed == []


def _is_module(package: str, name: str) -> bool:
    place = PROGRAM.parent.joinpath(*package.split("."), name)
    return place.is_dir() or place.with_suffix(".py").is_file()
