"""Numbers that a file decides by are named, and say their unit and where they come from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = sorted((ROOT / "desktop_app").rglob("*.py"))


def _is_number(node: ast.expr | None) -> bool:
    """Whether this is a number, or several, written down."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and not isinstance(node.value, bool)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return bool(node.elts) and all(_is_number(part) for part in node.elts)
    if isinstance(node, ast.Dict):
        return any(_is_number(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _is_number(node.left) and _is_number(node.right)
    return isinstance(node, ast.UnaryOp) and _is_number(node.operand)


def _unexplained(source: str) -> Iterator[str]:
    """Constants of a module that are numbers, with neither a comment at or before them nor a string behind."""
    lines, body = source.splitlines(), ast.parse(source).body
    for node, behind in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not _is_number(node.value):
            continue
        said = isinstance(behind, ast.Expr) and isinstance(behind.value, ast.Constant)
        own = lines[node.lineno - 1 : node.end_lineno]
        before = lines[node.lineno - 2].startswith("#") if node.lineno > 1 else False
        if not said and not before and not any("# " in line for line in own):
            yield lines[node.lineno - 1]


def _unexplained_in_classes(source: str) -> Iterator[str]:
    """Attributes of classes that are numbers, with neither words beside them nor a line in the class's docstring."""
    lines = source.splitlines()
    for made in ast.walk(ast.parse(source)):
        if not isinstance(made, ast.ClassDef) or any("Enum" in ast.unparse(base) for base in made.bases):
            continue
        told = ast.get_docstring(made) or ""
        for node, behind in zip(made.body, [*made.body[1:], None], strict=True):
            if not isinstance(node, ast.Assign | ast.AnnAssign) or not _is_number(node.value):
                continue
            if ast.unparse(node.value or node) in {"0", "1", "0.0", "1.0", "(0,)", "(1,)"}:
                continue  # where counting begins, and what changes nothing
            name = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
            said = isinstance(behind, ast.Expr) and isinstance(behind.value, ast.Constant)
            named = any(name in line.partition(":")[0].split(", ") for line in map(str.strip, told.splitlines()))
            if not said and not named and "# " not in lines[node.lineno - 1]:
                yield f"{made.name}.{name}"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("A = 3\n", ["A = 3"]),
        ("A = 3  # px, by eye\n", []),
        ("# Seconds.\nA, B = 3.0, 4\n", []),
        ("A = 3  # px, by eye\nB = 4\n", ["B = 4"]),
        ('A = {"x": 2**20}\n"""Bytes."""\n', []),
        ('A = "text"\nB = True\nC = ()\n', []),
        ("A: float = -1e-3\n\n\ndef f(): ...\n", ["A: float = -1e-3"]),
    ],
)
def test_what_counts_as_explained(source: str, found: list[str]) -> None:
    assert list(_unexplained(source)) == found


def test_every_number_that_decides_something_is_explained() -> None:
    silent = {
        path.relative_to(ROOT).as_posix(): lines
        for path in PROGRAM
        if (lines := list(_unexplained(path.read_text(encoding="utf-8"))))
    }
    assert silent == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("class A:\n    size = 3\n", ["A.size"]),
        ("class A:\n    size: int = 3  # px\n", []),
        ('class A:\n    size: int = 3\n    """Pixels."""\n', []),
        ('class A:\n    """A.\n\n    Attributes:\n        size: Pixels.\n    """\n\n    size: int = 3\n', []),
        ("class A:\n    count: int = 0\n", []),
        ("class A(IntEnum):\n    ONE = 1\n", []),
    ],
)
def test_what_counts_as_explained_in_a_class(source: str, found: list[str]) -> None:
    assert list(_unexplained_in_classes(source)) == found


def test_every_number_of_a_class_is_explained() -> None:
    silent = {
        path.relative_to(ROOT).as_posix(): names
        for path in PROGRAM
        if (names := list(_unexplained_in_classes(path.read_text(encoding="utf-8"))))
    }
    assert silent == {}
