"""The manual and the list of libraries."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QImage

from desktop_app.gui.theme.resource_files import resource
from desktop_app.gui.widgets.about_dialog import AboutDialog
from desktop_app.gui.widgets.help_viewer import HelpPage, HelpViewer, read_manual


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "1-start.md").write_text("# First steps\n\nMake a project. [Paint](2-label.md)\n", encoding="utf-8")
    (tmp_path / "2-label.md").write_text("# Labelling\n\nUse the **brush**.\n\n## Fill\n\nFills.\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def viewer(qtbot, folder):
    viewer = HelpViewer(folder)
    qtbot.addWidget(viewer)
    return viewer


def test_pages_in_order_with_their_titles(viewer):
    assert viewer.shown_titles() == ["First steps", "Labelling"]
    assert "Make a project" in viewer.browser.toPlainText()


def test_pages_that_are_written_by_the_program_come_last(qtbot, folder):
    viewer = HelpViewer(folder, None, [HelpPage(Path("parameters.md"), "Parameters", "# Parameters\n\nSigma.\n")])
    qtbot.addWidget(viewer)
    assert viewer.shown_titles() == ["First steps", "Labelling", "Parameters"]
    assert viewer.show_page("parameters.md")
    assert "Sigma" in viewer.browser.toPlainText()


def test_a_search_without_hits_says_so(viewer):
    viewer.show()
    assert not viewer.nothing_found.isVisible()
    viewer.search.setText("xylophone")
    assert viewer.shown_titles() == []
    assert viewer.nothing_found.isVisible()
    assert "“xylophone”" in viewer.nothing_found.text()
    viewer.search.setText("fills brush")
    assert viewer.shown_titles() == ["Labelling"]
    assert not viewer.nothing_found.isVisible()
    assert viewer.browser.textCursor().selectedText() == "Fills"


def test_search_narrows_the_contents_and_opens_the_first_hit(viewer):
    viewer.search.setText("brush")
    assert viewer.shown_titles() == ["Labelling"]
    assert viewer.browser.textCursor().selectedText() == "brush"
    viewer.search.clear()
    assert len(viewer.shown_titles()) == 2


def test_links_and_the_way_back(viewer):
    viewer._on_link(QUrl("2-label.md"))
    assert "brush" in viewer.browser.toPlainText()
    viewer._go_back()
    assert "Make a project" in viewer.browser.toPlainText()
    viewer._go_forward()
    assert "brush" in viewer.browser.toPlainText()
    assert viewer.show_page("start")
    assert not viewer.show_page("nowhere")


def test_the_manual_of_the_program_has_no_dead_links():
    folder = resource("help")
    pages = read_manual(folder)
    assert pages
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.text):
            if not target.startswith(("http://", "https://")):
                assert (folder / target).exists(), f"{page.path.name}: {target}"


def test_every_library_has_version_and_licence(qtbot):
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    table = dialog.table
    rows = {table.item(row, 0).text(): row for row in range(table.rowCount())}
    assert {"torch", "numpy", "superqt"} <= set(rows)
    assert all(table.item(row, column).text() for row in rows.values() for column in (1, 2))
    table.setCurrentCell(rows["numpy"], 0)
    assert "Redistribution and use" in dialog.licence.toPlainText()


def test_pictures_take_the_width_of_the_page_and_leave_no_gap(qtbot, folder):
    image = QImage(2000, 1000, QImage.Format.Format_RGB32)
    image.fill(0)
    image.save(str(folder / "wide.png"))
    (folder / "1-start.md").write_text("# First\n\n![wide](wide.png)\n\nBelow.\n", encoding="utf-8")
    viewer = HelpViewer(folder)
    qtbot.addWidget(viewer)
    viewer.resize(1000, 720)  # whatever the screen has room for
    viewer.show()

    def width():
        return int(re.search(r'<img[^>]*width="(\d+)"', viewer.browser.toHtml())[1])

    first = width()
    assert first > viewer.browser.viewport().width() - 90
    viewer.resize(700, 720)
    qtbot.waitUntil(lambda: width() < first)
    block = viewer.browser.document().find("Below").block()
    layout = viewer.browser.document().documentLayout()
    heading = layout.blockBoundingRect(block.previous().previous())
    assert layout.blockBoundingRect(block).top() < heading.bottom() + width() / 2 + 40
