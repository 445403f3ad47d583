"""The manual as one HTML file and as a PDF: its pages in order, then every parameter as its declaration says it."""

from __future__ import annotations

import base64
import html
import os
import re
import subprocess
import sys
from pathlib import Path

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

    from desktop_app.jobs.parameter_pages import parameter_pages

    names = [
        line.strip() for line in (folder / "contents.txt").read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    parts, contents = [], []
    pages = [(Path(name).stem, (folder / name).read_text(encoding="utf-8")) for name in names]
    pages += [(page.name, page.text) for page in parameter_pages()]
    for name, text in pages:
        title = next((line[2:].strip() for line in text.splitlines() if line.startswith("# ")), name)
        contents.append(f'<li><a href="#{name}">{html.escape(title)}</a></li>')
        body = markdown.markdown(text, extensions=["tables", "fenced_code", "sane_lists", "toc"])
        parts.append(f'<section id="{name}">{_own_links(_own_pictures(body, folder))}</section>')
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
