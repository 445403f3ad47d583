"""The manual as one HTML file and as a PDF: its pages in order, then every parameter as its declaration says it."""

from __future__ import annotations

import base64
import html
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from failures import SetupError

_DRAWING = Path(__file__).with_name("manual_pdf.py")
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em; color: #222; }
img { max-width: 100%; border: 1px solid #ccc; } code { background: #f2f2f2; padding: 0 .2em; }
pre { background: #f2f2f2; padding: .8em; overflow-x: auto; }
table { border-collapse: collapse; margin: 1em 0; }
td, th { border: 1px solid #ccc; padding: .3em .6em; text-align: left;
vertical-align: top; } h1 { border-top: 3px solid #2a7; padding-top: .6em; margin-top: 2.5em; }
"""


@dataclass(frozen=True)
class Chapter:
    """One page of the manual.

    Attributes:
        name: Of its file, without the ending.
        title: Its first heading.
        body: What it says, as HTML, the heading first; pictures and links lead to files beside its own.
    """

    name: str
    title: str
    body: ElementTree.Element


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
        [
            sys.executable,
            str(root / "installer" / "manual_pdf.py"),
            str(root / "resources" / "help"),
            str(paper),
            version,
        ],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    if drawn.returncode != 0 or not paper.exists():
        raise SetupError(f"The PDF cannot be drawn: {drawn.stderr.strip()[-300:]}")
    return page, paper


def chapters(folder: Path) -> list[Chapter]:
    """The pages that the manual's list names, in its order, then those of all parameters.

    Args:
        folder: With the pages and the list.
    """
    import markdown

    from desktop_app.jobs.parameter_pages import parameter_pages

    names = [
        line.strip() for line in (folder / "contents.txt").read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    pages = [(Path(name).stem, (folder / name).read_text(encoding="utf-8")) for name in names]
    pages += [(page.name, page.text) for page in parameter_pages()]
    found = []
    for name, text in pages:
        title = next((line[2:].strip() for line in text.splitlines() if line.startswith("# ")), name)
        body = markdown.markdown(text, extensions=["tables", "fenced_code", "sane_lists", "toc"])
        found.append(Chapter(name, title, ElementTree.fromstring(f"<section>{body}</section>")))
    return found


def whole_manual(folder: Path, version: str) -> str:
    """One HTML text with all pages of the manual; links between pages lead to its own parts."""
    parts, contents = [], []
    for chapter in chapters(folder):
        contents.append(f'<li><a href="#{chapter.name}">{html.escape(chapter.title)}</a></li>')
        chapter.body.set("id", chapter.name)
        body = ElementTree.tostring(chapter.body, encoding="unicode", method="html")
        parts.append(_own_links(_own_pictures(body, folder)))
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
