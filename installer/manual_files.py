"""The manual as one HTML file and as a PDF: its pages in order, then every parameter as its declaration says it."""

from __future__ import annotations

import base64
import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from failures import SetupError

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em; color: #222; }
img { max-width: 100%; border: 1px solid #ccc; } code { background: #f2f2f2; padding: 0 .2em; }
pre { background: #f2f2f2; padding: .8em; overflow-x: auto; }
table { border-collapse: collapse; margin: 1em 0; }
td, th { border: 1px solid #ccc; padding: .3em .6em; text-align: left;
vertical-align: top; } h1 { border-top: 3px solid #2a7; padding-top: .6em; margin-top: 2.5em; }
"""
_PAGE_WIDTH_PX = 560  # of pictures in the PDF; a page of A4 between its margins has some 620 at 96 px an inch
_DOTS_PER_INCH = 96  # what a px of the style is; text then has the size that it has in a browser


def write(root: Path, out: Path, version: str) -> tuple[Path, Path]:
    """Write both files.

    Args:
        root: The project.
        out: Folder.
        version: On the first page.

    Returns:
        The HTML file, with all pictures inside, and the PDF.

    Raises:
        SetupError: If the PDF cannot be drawn.
    """
    page, paper = out / f"Voxelwright-{version}-manual.html", out / f"Voxelwright-{version}-manual.pdf"
    page.write_text(whole_manual(root / "resources" / "help", version), encoding="utf-8")
    drawn = subprocess.run(
        [sys.executable, __file__, str(page), str(paper)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    if drawn.returncode != 0 or not paper.exists():
        raise SetupError(f"The PDF cannot be drawn: {drawn.stderr.strip()[-300:]}")
    return page, paper


def whole_manual(folder: Path, version: str) -> str:
    """One HTML text with all pages of the manual; links between pages lead to its own parts."""
    import markdown

    names = [
        line.strip() for line in (folder / "contents.txt").read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    parts, contents = [], []
    for name in names:
        text = (folder / name).read_text(encoding="utf-8")
        title = next((line[2:].strip() for line in text.splitlines() if line.startswith("# ")), name)
        contents.append(f'<li><a href="#{Path(name).stem}">{html.escape(title)}</a></li>')
        body = markdown.markdown(text, extensions=["tables", "fenced_code", "sane_lists", "toc"])
        parts.append(f'<section id="{Path(name).stem}">{_own_links(_own_pictures(body, folder))}</section>')
    contents.append('<li><a href="#parameters">Every parameter</a></li>')
    parts.append(f'<section id="parameters"><h1>Every parameter</h1>{"".join(_parameters())}</section>')
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Voxelwright {version}: the manual</title>'
        f"<style>{_STYLE}</style></head><body><p><strong>Voxelwright {version}</strong>: the manual</p>"
        f"<ol>{''.join(contents)}</ol>{''.join(parts)}</body></html>\n"
    )


def _own_pictures(body: str, folder: Path) -> str:
    def inside(found: re.Match[str]) -> str:
        path = folder / found[1]
        kind = "svg+xml" if path.suffix == ".svg" else path.suffix[1:]
        data = base64.b64encode(path.read_bytes()).decode("ascii")
        return f'src="data:image/{kind};base64,{data}"'

    return re.sub(r'src="([^":]+)"', inside, body)


def _own_links(body: str) -> str:
    return re.sub(r'href="([\w-]+)\.md(?:#[\w-]*)?"', r'href="#\1"', body)


def _parameters() -> Iterator[str]:
    """Tables of all parameters of tools, operations, methods, networks, losses, running and preferences."""
    from desktop_app.core.config.app_settings import AppSettings
    from desktop_app.core.config.inference import InferenceConfig
    from desktop_app.core.config.training import TrainingConfig
    from desktop_app.core.labelling.tools import TOOLS
    from desktop_app.core.losses.registry import LOSSES
    from desktop_app.core.networks.registry import NETWORKS
    from desktop_app.core.recipes.registry import RECIPES
    from desktop_app.jobs.utilities.registry import UTILITIES
    from desktop_app.objects.operations import OPERATIONS

    yield from _chapter("Tools", ((tool.title, tool.options) for tool in TOOLS.values()))
    yield from _chapter("Object operations", ((one.title, one.parameters) for one in OPERATIONS.values()))
    yield from _chapter("Utilities", ((one.title, one.parameters) for one in UTILITIES.values()))
    yield from _chapter("Training", [("Every training", TrainingConfig)])
    methods = [(f"{info.title}: training", info.training) for info in RECIPES.values()]
    yield from _chapter("Methods", methods)
    yield from _chapter("Objects of results", ((f"{info.title}: objects", info.decode) for info in RECIPES.values()))
    yield from _chapter("Networks", ((info.title, info.arguments) for info in NETWORKS.values()))
    yield from _chapter("Losses", ((info.title, info.parameters) for info in LOSSES.values()))
    yield from _chapter("Running a model", [("Every batch", InferenceConfig)])
    yield from _chapter("Preferences", [("This computer", AppSettings)])


def _chapter(title: str, models: Any) -> Iterator[str]:
    yield f"<h2>{html.escape(title)}</h2>"
    for name, model in models:
        rows = list(_rows(model))
        if rows:
            yield f"<h3>{html.escape(name)}</h3><table><tr><th>Parameter</th><th>Default</th><th>What it does</th></tr>"
            yield "".join(rows)
            yield "</table>"


def _rows(model: Any, before: str = "") -> Iterator[str]:
    for name, field in getattr(model, "model_fields", {}).items():
        inner = getattr(field.annotation, "model_fields", None)
        if inner is not None:
            yield from _rows(field.annotation, f"{before}{field.title or name}: ")
        elif field.title and field.description:
            extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
            unit = f" {extra['unit']}" if extra.get("unit") else ""
            default = "" if field.is_required() else _shown(field.get_default(call_default_factory=True))
            cells = (f"{before}{field.title}", f"{default}{unit}", field.description)
            yield f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in cells)}</tr>"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return " × ".join(str(each) for each in value)
    return "" if value is None else str(value)


def draw(page: Path, paper: Path) -> None:
    """Print an HTML file as a PDF on A4, with Qt."""
    from PySide6.QtCore import QMarginsF
    from PySide6.QtGui import QGuiApplication, QPageLayout, QPageSize, QPdfWriter, QTextDocument

    _application = QGuiApplication(sys.argv[:1])
    writer = QPdfWriter(str(paper))
    writer.setResolution(_DOTS_PER_INCH)
    writer.setPageLayout(
        QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF(36, 36, 36, 36))
    )
    writer.setTitle("Voxelwright: the manual")
    document = QTextDocument()
    document.documentLayout().setPaintDevice(writer)
    text = page.read_text(encoding="utf-8").replace("<img ", f'<img width="{_PAGE_WIDTH_PX}" ')
    document.setHtml(text)
    document.print_(writer)


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
