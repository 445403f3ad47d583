"""Which modules the program's files import, and whether they are here."""

from __future__ import annotations

from pathlib import Path

import desktop_app
from desktop_app.core.losses.registry import LOSSES
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.io.datasets.layouts import LAYOUTS
from desktop_app.io.images.formats import FORMATS
from desktop_app.jobs.named_modules import missing_modules, named_modules

SOURCE = """
from __future__ import annotations
import json, os.path
import sys
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import for_types_alone
if sys.platform == "win32":
    import winreg_of_another_system
try:
    import nice_to_have
except ImportError:
    nice_to_have = None

def later():
    with open("x") as file:
        from scipy import ndimage
        from math import a_name_that_math_lacks
    try:
        import absent_thing.inside
    finally:
        pass
"""


def test_imports_are_found_wherever_they_stand_if_they_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one.py").write_text(SOURCE, encoding="utf-8")
    named = named_modules(tmp_path)
    assert {str(one) for one in named if one.module != "__future__"} == {
        "json", "os.path", "sys", "typing.TYPE_CHECKING", "scipy.ndimage", "math.a_name_that_math_lacks",
        "absent_thing.inside",
    }  # fmt: skip
    assert missing_modules(named) == ["absent_thing.inside", "math.a_name_that_math_lacks"]


def test_rows_that_are_read_late_are_among_them() -> None:
    """The bundler and the self-test see them only where plain imports name them."""
    named = {str(one) for one in named_modules(Path(desktop_app.__file__).parent)}
    parts: list[object] = [type(info) for info in RECIPES.values()]
    parts += [info.arguments for info in NETWORKS.values()]
    parts += [info.parameters for info in LOSSES.values()]
    parts += [form.open for form in FORMATS.values()]
    parts += [layout.find for layout in LAYOUTS.values()]
    modules = {part.__module__ for part in parts}
    assert len(modules) > 20
    assert {module for module in modules if not any(name.startswith(f"{module}.") for name in named)} == set()
    assert "desktop_app.gui.model_windows.ModelWindows" in named
