"""No module needs another one that needs it, not even inside a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _modules() -> dict[str, Path]:
    found = {}
    for path in sorted((ROOT / "desktop_app").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All below a node, but what is read by the type checker alone."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING"):
            yield child
            yield from _statements(child)


def needed_by(text: str, known: dict[str, Path]) -> set[str]:
    """Modules of the house that a module's text imports."""
    needed = set()
    for node in _statements(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            below = {f"{node.module}.{name.name}" for name in node.names}
            needed |= {name if name in known else node.module for name in below}
        elif isinstance(node, ast.Import):
            needed |= {name.name for name in node.names}
    return needed & known.keys()


def in_order(needs: dict[str, set[str]]) -> list[str]:
    """Modules such that each comes after those that it needs; fails with the circle where there is one."""
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_modules_need_each_other_in_one_direction() -> None:
    known = _modules()
    needs = {name: needed_by(path.read_text("utf-8"), known) - {name} for name, path in known.items()}
    assert len(in_order(needs)) == len(known)


def test_a_circle_is_found_wherever_its_import_stands() -> None:
    known = {"a": Path(), "b": Path()}
    inside = "def late():\n    from b import thing\n"
    with pytest.raises(pytest.fail.Exception, match="→"):
        in_order({"a": needed_by(inside, known), "b": needed_by("import a", known)})
    assert needed_by("if TYPE_CHECKING:\n    import b\n", known) == set()
