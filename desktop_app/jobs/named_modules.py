"""The modules that the program's own files import, anywhere in them, and which of those are not to be found here.

Most imports stand inside functions, so that the window opens early; a bundle that lacks one fails months later, in the
hands of somebody who uses that function for the first time.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ONLY_LOOKED_FOR = ("desktop_app", "PySide6", "shiboken6", "pyqtgraph", "superqt", "qtawesome", "torch", "monai")
"""Found, not imported: Qt wants a screen's libraries, and what a training imports, the self-test imports anyway."""
_CHECKED = ("ImportError", "ModuleNotFoundError")


@dataclass(frozen=True, slots=True, order=True)
class NamedModule:
    """One import.

    Attributes:
        module: Dotted name.
        name: What is taken from it; empty where it is imported whole.
    """

    module: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.module}.{self.name}" if self.name else self.module


def named_modules(folder: Path) -> set[NamedModule]:
    """All that must be there when the Python files below a folder are used.

    Imports that only a type checker sees, that belong to another system, or that may fail do not count.
    """
    found: set[NamedModule] = set()
    for path in folder.rglob("*.py"):
        found.update(_imports(ast.parse(path.read_bytes()).body))
    return found


def missing_modules(named: set[NamedModule]) -> list[str]:
    """Which of them are not here, by name."""
    return [str(one) for one in sorted(named) if not _is_here(one)]


def _imports(body: list[ast.stmt]) -> Iterator[NamedModule]:
    for node in body:
        if isinstance(node, ast.Import):
            yield from (NamedModule(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (NamedModule(node.module, alias.name) for alias in node.names)
        elif not _is_optional(node):
            for field in ("body", "orelse", "finalbody"):
                yield from _imports(getattr(node, field, []))
            for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
                yield from _imports(part.body)


def _is_optional(node: ast.stmt) -> bool:
    """Whether what is imported below may be missing."""
    if isinstance(node, ast.If):
        words = {name.id for name in ast.walk(node.test) if isinstance(name, ast.Name)}
        words |= {name.attr for name in ast.walk(node.test) if isinstance(name, ast.Attribute)}
        return bool(words & {"TYPE_CHECKING", "platform"}) or "os.name" in ast.unparse(node.test)
    if isinstance(node, ast.Try):
        caught = {name.id for each in node.handlers for name in ast.walk(each) if isinstance(name, ast.Name)}
        return bool(caught & set(_CHECKED))
    return False


def _is_here(one: NamedModule) -> bool:
    try:
        if one.module.partition(".")[0] in _ONLY_LOOKED_FOR:
            return importlib.util.find_spec(one.module) is not None
        module = importlib.import_module(one.module)
        return not one.name or one.name == "*" or hasattr(module, one.name) or _is_module(str(one))
    except ImportError:
        return False


def _is_module(name: str) -> bool:
    importlib.import_module(name)
    return True
