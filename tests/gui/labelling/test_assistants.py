"""The click tool with assistants that take a moment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QDialog

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region
from desktop_app.core.labelling.assisting import Answer, Asked
from desktop_app.core.labelling.layers import PROPOSAL
from desktop_app.gui.labelling import assistant as module
from desktop_app.gui.labelling.assistant_dialog import AssistantDialog
from tests.gui.labelling.test_click_assistant import RIGHT, with_squares


class Boxes:
    """Proposes a square around each click that adds; stumbles over the corner of the image."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.closed = False

    def answer(self, asked: Asked, ctx: Any) -> Answer:
        self.asked.append(asked)
        region = Region((3, 0, 0), (4, 60, 80))
        mask = np.zeros(region.shape, bool)
        for prompt in asked.prompts:
            _, y, x = prompt.corners[0]
            if (y, x) == (1, 1):
                raise UserError("There is nothing.")
            mask[0, y - 2 : y + 3, x - 2 : x + 3] = prompt.adds
        return Answer(region, mask)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def boxes(monkeypatch: pytest.MonkeyPatch) -> Boxes:
    found = Boxes()
    monkeypatch.setattr(module, "_opened", lambda wanted: found)
    return found


def choose(bench, by: str) -> None:
    bench.panel.controller.choices.set_option("proposed_by", by)


def click(bench, qtbot, row: int, column: int, count: int, **more: Any) -> None:
    """Click, and wait until so many questions were answered."""
    bench.drag((row, column), **more)
    controller = bench.panel.controller
    qtbot.waitUntil(lambda: controller.unanswered is None)


def test_an_answer_is_shown_and_taken_over_as_one_step(objects, qtbot, boxes: Boxes) -> None:
    with_squares(objects, qtbot)
    choose(objects, "model")
    click(objects, qtbot, 25, 20, 1)
    assert objects.viewer.layers.get(PROPOSAL) is not None
    assert not objects.labels.any()
    click(objects, qtbot, 25, 40, 2)
    click(objects, qtbot, 25, 20, 3, button=RIGHT)
    objects.do("label.finish")
    assert objects.labels[3, 23:28, 38:43].all()
    assert objects.labels.astype(bool).sum() == 25
    assert objects.session.history.titles() == ["Click assistant: Object 1"]
    assert objects.session.active_value == 2
    objects.session.undo()
    assert not objects.labels.any()
    assert [len(asked.prompts) for asked in boxes.asked] == [1, 2, 3]


def test_a_click_is_taken_back_and_everything_is_dropped(objects, qtbot, boxes: Boxes) -> None:
    with_squares(objects, qtbot)
    choose(objects, "model")
    click(objects, qtbot, 25, 20, 1)
    click(objects, qtbot, 25, 40, 2)
    objects.do("label.corner_back")
    qtbot.waitUntil(lambda: objects.panel.controller.unanswered is None)
    objects.do("label.finish")
    assert objects.labels.astype(bool).sum() == 25
    click(objects, qtbot, 45, 40, 1)
    objects.do("label.cancel")
    assert objects.viewer.layers.get(PROPOSAL) is None
    objects.do("label.finish")
    assert objects.labels.astype(bool).sum() == 25


def test_what_goes_wrong_is_said_and_the_click_forgotten(objects, qtbot, boxes: Boxes) -> None:
    with_squares(objects, qtbot)
    choose(objects, "model")
    click(objects, qtbot, 25, 20, 1)
    objects.drag((1, 1))
    qtbot.waitUntil(lambda: bool(objects.said.said("error")))
    assert "There is nothing." in objects.said.said("error")[-1]
    objects.do("label.finish")
    assert objects.labels.astype(bool).sum() == 25


def test_edges_answer_at_once_and_need_nobody(objects, qtbot, boxes: Boxes) -> None:
    with_squares(objects, qtbot)
    choose(objects, "model")
    choose(objects, "edges")
    objects.drag((25, 20))
    assert objects.panel.controller.unanswered is None
    objects.do("label.finish")
    assert objects.labels[3, 15:35, 10:30].any()
    assert not boxes.asked


def test_files_are_asked_for_where_they_are_not_known(objects, qtbot, monkeypatch) -> None:
    with_squares(objects, qtbot)
    box = objects.panel.options.assistant_box
    monkeypatch.setattr(AssistantDialog, "exec", lambda self: QDialog.DialogCode.Rejected)
    box.box.setCurrentIndex(box.box.findData("file"))
    assert objects.panel.controller.choices.option("proposed_by") == "edges"
    assert not box.more.isVisible()

    def agree(dialog: AssistantDialog) -> QDialog.DialogCode:
        ok = dialog.buttons.buttons()[0]
        assert not ok.isEnabled()
        dialog.fields["encoder"].set_path("/a/encoder.onnx")
        dialog.fields["decoder"].set_path("/a/decoder.onnx")
        assert ok.isEnabled()
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(AssistantDialog, "exec", agree)
    box.box.setCurrentIndex(box.box.findData("file"))
    assert objects.panel.controller.choices.option("proposed_by") == "file"
    assert objects.session.settings.click_decoder == "/a/decoder.onnx"
    assert box.more.isVisible()
    qtbot.waitUntil(lambda: bool(objects.said.said("error")))  # they are opened ahead of the first click
    assert "encoder.onnx" in objects.said.said("error")[-1] or "onnxruntime" in objects.said.said("error")[-1]


def test_another_image_has_its_own_assistant(objects, qtbot, boxes: Boxes) -> None:
    with_squares(objects, qtbot)
    choose(objects, "model")
    click(objects, qtbot, 25, 20, 1)
    objects.session.select_item(objects.session.project.items[0].id)
    assert boxes.closed
    assert objects.viewer.layers.get(PROPOSAL) is None


def test_a_labelled_object_is_corrected_by_the_assistant(objects, qtbot, boxes: Boxes) -> None:
    with_squares(objects, qtbot)
    objects.session.set_active_value(4)
    objects.session.set_tool("box")
    objects.drag((40, 5), (50, 15))
    objects.session.set_tool("click")
    choose(objects, "model")
    click(objects, qtbot, 45, 10, 0)
    assert not boxes.asked  # the first click takes the object as it is
    assert objects.viewer.layers.get(PROPOSAL) is not None
    click(objects, qtbot, 25, 40, 1)
    assert boxes.asked[0].start.mask.all()
    objects.do("label.finish")
    assert set(np.unique(objects.labels)) == {0, 4}
    assert objects.labels[3, 23:28, 38:43].all()
    assert objects.session.history.titles()[-1] == "Click assistant: Object 4"
