"""Images whose labels have gone."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.imaging import Region
from desktop_app.core.labelling.store import Edit
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.projects.missing_labels import select_item
from desktop_app.gui.session import Session
from desktop_app.io.projects import open_project


@pytest.mark.parametrize("undone", [False, True])
def test_labels_deleted_with_their_journal_are_missed_and_begun_anew_on_demand(
    shell_session: Session, said: RecordingNotifier, project_folder: Path, undone: bool
) -> None:
    session = shell_session
    session.adopt(open_project(project_folder))
    assert session.project is not None
    name = session.project.items[0].id
    session.select_item(name)
    session.update_item(session.project.items[0].model_copy(update={"notes": "kept", "done_slices": (1,)}))
    assert session.labels is not None
    box = Region((0, 0, 0), (1, 2, 2))
    one = np.ones(box.shape, np.uint32)
    session.labels.labels.write(box, one)
    session.commit_edit(Edit.between(box, 0 * one, one, "Brush"))
    if undone:
        session.undo()
        assert session.project.items[0].status == "new"
    session.close_item()
    for folder in ("labels", "journal"):
        shutil.rmtree(project_folder / folder)
        (project_folder / folder).mkdir()
    said.answers = [False, True]
    select_item(session, said, session.project.items[0])
    assert session.item is None
    assert not any((project_folder / "labels").iterdir())
    assert "the labels of a: they are not there any more" in said.questions[0]
    select_item(session, said, session.project.items[0])
    assert session.item is not None
    assert (session.item.status, session.item.notes, session.item.done_slices) == ("new", "kept", ())
    assert session.labels.labels.used_ids().size == 0
    session.close_item()
    select_item(session, said, session.project.items[0])
    assert len(said.questions) == 2
