from __future__ import annotations

import pytest

from desktop_app.gui.widgets.searchable_tree import SearchableTree


@pytest.fixture
def tree(qtbot):
    tree = SearchableTree(("Action", "Keys"), "Search")
    qtbot.addWidget(tree)
    qtbot.addWidget(tree.search)
    for texts, tip, heading in (
        (("Undo", "Ctrl+Z"), "Takes a change back", "Edit"),
        (("Redo", "Ctrl+Y"), "", "Edit"),
        (("Zoom in", "+"), "", "View"),
        (("Plain", "F9"), "", ""),
    ):
        tree.add_row(texts, tip, heading)
    return tree


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["Undo", "Redo", "Zoom in", "Plain"]),
        ("ctrl", ["Undo", "Redo"]),
        ("BACK undo", ["Undo"]),
        ("view", ["Zoom in"]),
        ("f9", ["Plain"]),
        ("nothing like it", []),
    ],
)
def test_rows_are_found_by_words_keys_tips_and_headings(tree, typed, found):
    tree.search.setText(typed)
    assert [row.text(0) for row in tree.shown()] == found
    visible = [tree.topLevelItem(i).text(0) for i in range(3) if not tree.topLevelItem(i).isHidden()]
    assert ("Edit" in visible) == any(name in found for name in ("Undo", "Redo"))


def test_rows_can_be_made_anew(tree):
    tree.search.setText("undo")
    tree.remove_rows()
    tree.add_row(("Undo it", ""), "", "Edit")
    tree.add_row(("Other", ""), "", "Edit")
    tree.narrow()
    assert [row.text(0) for row in tree.shown()] == ["Undo it"]
    assert tree.topLevelItemCount() == 1


def test_a_search_without_a_find_says_so(qtbot) -> None:
    tree = SearchableTree(("Action", "Keys"), "Search")
    qtbot.addWidget(tree)
    tree.add_row(("Undo", "Ctrl+Z"), "")
    tree.resize(300, 200)
    full = tree.grab().toImage()
    tree.search.setText("nothing of this")
    empty = tree.grab().toImage()
    tree.remove_rows()
    assert empty not in (full, tree.grab().toImage())
