from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, current_thread

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from desktop_app.core.advice.start_fit import StartFit, StartLook
from desktop_app.core.config.continuation import Continuation
from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.epochs import Epochs, learning_images
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.score_trust import ScoreTrust
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.recording import RecordingNotifier
from desktop_app.gui.session.session import Session
from desktop_app.gui.training import data_jobs
from desktop_app.gui.training.training_run import active_runs
from desktop_app.gui.training.wizard import TrainingWizard, show_resumed, show_training
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.projects import OpenProject
from desktop_app.jobs.train.folder_pairs import FolderPairs
from desktop_app.jobs.train.run import was_checked
from tests.cards import semantic_card
from tests.gui.training.conftest import FakeJobs, add_image
from tests.gui.training.fake_reports import FakeReport, FakeRow
from tests.gui.training.test_class_choices import SCHEME
from tests.jobs.train.test_foreign_settings import EASYREG
from tests.jobs.train.test_run import save_state

MakeWizard = Callable[[], TrainingWizard]


@pytest.fixture
def make_wizard(
    qtbot: QtBot, session: Session, runner: JobRunner, notifier: RecordingNotifier, jobs: FakeJobs
) -> Iterator[MakeWizard]:
    made: list[TrainingWizard] = []

    def make() -> TrainingWizard:
        wizard = TrainingWizard(WindowContext(session, runner, notifier), services=jobs.services())
        wizard.show()
        made.append(wizard)
        return wizard

    yield make
    jobs.gate.set()
    for wizard in made:
        if isValid(wizard):
            wizard.close()


def to_review(qtbot: QtBot, wizard: TrainingWizard) -> None:
    for page in (wizard.data_page, wizard.pages[2], wizard.settings_page, wizard.review_page):
        qtbot.waitUntil(lambda: not wizard.page.problems())
        wizard.next_button.click()
        assert wizard.page is page


@pytest.mark.parametrize("images", [1, 6])
def test_next_next_finish_trains_a_model_into_the_project(
    qtbot: QtBot, make_wizard: MakeWizard, opened: OpenProject, jobs: FakeJobs, images: int, session: Session
) -> None:
    for number in range(1, images):
        add_image(opened, f"Emb{number + 1:02}")
    wizard = make_wizard()
    to_review(qtbot, wizard)
    qtbot.waitUntil(lambda: "5 min" in wizard.review_page.facts["Time"].text())
    with qtbot.waitSignal(session.models_changed):
        wizard.next_button.click()
        assert wizard.page is wizard.run_page
    assert wizard.page is wizard.result_page
    assert [p.stem for p in opened.models()] == ["Object 3D"]
    assert len(jobs.trained[0].dataset.pairs) == images
    assert Path(jobs.trained[0].output).parent == opened.folder / "runs"
    assert wizard.result_page.model == opened.folder / "models" / "Object 3D.vwmodel"
    assert wizard.run_page.loss.points("training images")[0] == [1, 2, 3, 4, 5]
    assert not wizard.result_page.preview.picture.is_empty


def test_the_result_leads_on(qtbot: QtBot, make_wizard: MakeWizard) -> None:
    wizard = make_wizard()
    to_review(qtbot, wizard)
    wizard.next_button.click()
    qtbot.waitUntil(lambda: wizard.page is wizard.result_page)
    with qtbot.waitSignal(wizard.try_requested) as tried:
        wizard.result_page.try_button.click()
    with qtbot.waitSignal(wizard.batch_requested):
        wizard.result_page.batch_button.click()
    assert tried.args == [wizard.result_page.model]


def test_the_result_says_between_what_scores_lie_and_what_they_do_not_tell(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs
) -> None:
    jobs.trust = ScoreTrust({"f1": (0.8, 0.93)}, 3, ("Emb01",))
    wizard = make_wizard()
    to_review(qtbot, wizard)
    wizard.next_button.click()
    qtbot.waitUntil(lambda: wizard.page is wizard.result_page)
    shown = [label.text() for label in wizard.result_page.scores.findChildren(QLabel)]
    assert "87% (80 to 93%) · good" in shown
    assert "90% · very good" in shown
    assert "of one specimen, Emb01" in wizard.result_page.trust.text()


def test_few_images_are_offered_to_be_checked_in_turn(
    qtbot: QtBot, make_wizard: MakeWizard, opened: OpenProject, jobs: FakeJobs
) -> None:
    for number in range(1, 3):
        add_image(opened, f"Emb{number + 1:02}")
    decided = "Of 3 parts the score was 0.8 with frozen levels and 0.7 with all levels learning."
    jobs.trust = ScoreTrust({}, 3, ("Emb01", "Emb02", "Emb03"), parts=3, decided=decided)
    wizard = make_wizard()
    to_review(qtbot, wizard)
    page = wizard.review_page
    qtbot.waitUntil(page.in_turn.isVisible)
    assert page.in_turn.banner.text().startswith("With 3 images, the score depends on which")
    assert page.in_turn.banner.text().endswith("It takes about 20\u00a0min.")
    page.in_turn.yes.click()
    assert not page.in_turn.isVisible()
    assert "in 3 parts" in page.facts["Images"].text()
    qtbot.waitUntil(lambda: "for 4 models" in page.facts["Time"].text())
    wizard.next_button.click()
    assert wizard.run_page.scores.isHidden()
    qtbot.waitUntil(lambda: wizard.page is wizard.result_page)
    assert jobs.trained[0].dataset.split.folds == 3
    assert "3 models each left out a part" in wizard.result_page.trust.text()
    assert wizard.result_page.trust.text().endswith(decided)
    assert wizard.result_page.trust.isVisible()


def test_who_keeps_some_aside_is_not_asked_again(
    qtbot: QtBot, make_wizard: MakeWizard, opened: OpenProject, jobs: FakeJobs
) -> None:
    add_image(opened, "Emb02")
    wizard = make_wizard()
    to_review(qtbot, wizard)
    page = wizard.review_page
    qtbot.waitUntil(page.in_turn.isVisible)
    page.in_turn.no.click()
    wizard.back_button.click()
    wizard.next_button.click()
    assert wizard.page is page
    assert page.in_turn.isHidden()
    page.leave_forward()
    assert jobs.inspected[-1].split.folds == 0


def test_what_cannot_be_checked_in_turn_is_said_where_it_is_chosen(qtbot: QtBot, make_wizard: MakeWizard) -> None:
    wizard = make_wizard()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: not wizard.page.problems())
    wizard.data_page.split.set_value(wizard.draft.split.model_copy(update={"folds": 5}))
    qtbot.waitUntil(lambda: any("two images or groups" in text for text in wizard.page.problems()))


def test_a_start_model_that_does_not_fit_is_left_in_one_click(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, tmp_path: Path
) -> None:
    jobs.fit = StartFit(StartLook(f1=0.05))
    wizard = make_wizard()
    wizard.draft.choose_model(tmp_path / "old.vwmodel", semantic_card(name="old", divisor=(8, 8, 8)))
    to_review(qtbot, wizard)
    page = wizard.review_page
    qtbot.waitUntil(page.poor_start.isVisible)
    assert "Training from scratch is better." in page.poor_start.banner.text()
    assert "starting from “old”" in page.facts["Method"].text()
    page.poor_start.yes.click()
    assert not page.poor_start.isVisible()
    assert "starting from" not in page.facts["Method"].text()
    qtbot.waitUntil(lambda: "5 min" in page.facts["Time"].text())
    assert not page.problems()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: wizard.page is wizard.result_page)
    assert jobs.trained[0].start_from is None


def test_a_start_model_that_knows_other_sizes_is_told(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, tmp_path: Path
) -> None:
    jobs.fit = StartFit(StartLook(f1=0.5), model_extent=10, extent=30, other_size="resample the image.")
    wizard = make_wizard()
    wizard.draft.choose_model(tmp_path / "old.vwmodel", semantic_card(name="old", divisor=(8, 8, 8)))
    to_review(qtbot, wizard)
    page = wizard.review_page
    qtbot.waitUntil(lambda: "30 px wide" in page.warning.text())
    assert not page.poor_start.isVisible()
    assert not page.other_size.isVisible()


@pytest.mark.parametrize(("found", "taken"), [(0.7, True), (0.1, False)])
def test_a_start_model_is_shown_at_both_sizes(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    found: float, taken: bool,
) -> None:  # fmt: skip
    picture = np.zeros((8, 8, 3), np.uint8)
    jobs.fit = StartFit(
        StartLook(0.3, picture=picture), StartLook(found, picture=picture), {"shrink": 3.0}, "0.33 times the size"
    )
    wizard = make_wizard()
    card = semantic_card(name="old", divisor=(8, 8, 8), recipe_parameters={"shrink": 1.0})
    wizard.draft.choose_model(tmp_path / "old.vwmodel", card)
    to_review(qtbot, wizard)
    page = wizard.review_page
    qtbot.waitUntil(page.other_size.isVisible)
    assert not page.trying.isVisible()
    with monkeypatch.context() as held:
        held.setattr(page._job, "start", lambda *_: None)
        page._look_at_start()
        assert page.trying.isVisible()  # it takes a while, in which the other size is not offered yet
    page._on_fit(jobs.fit)
    assert [view.accessibleName() for view in page.sizes.pictures] == ["As the images are", "At 0.33 times the size"]
    assert page.sizes.isVisible()
    assert ("0.33 times their size" in page.facts["Learning"].text()) == taken
    (page.other_size.no if taken else page.other_size.yes).click()
    assert ("0.33 times their size" in page.facts["Learning"].text()) != taken
    assert "5 min" in page.facts["Time"].text()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: wizard.page is wizard.result_page)
    assert jobs.trained[0].recipe_parameters.get("shrink", 1.0) == (1.0 if taken else 3.0)


def test_a_project_without_labels_cannot_go_on(
    qtbot: QtBot, make_wizard: MakeWizard, opened: OpenProject, session: Session
) -> None:
    opened.save(opened.project.without(opened.project.items[0].id))
    wizard = make_wizard()
    wizard.next_button.click()
    assert wizard.page is wizard.data_page
    assert not wizard.next_button.isEnabled()
    assert "no labelled images" in wizard.data_page.problems()[0]


def test_only_marked_slices_are_taken_when_some_are_marked(
    qtbot: QtBot, make_wizard: MakeWizard, opened: OpenProject, jobs: FakeJobs
) -> None:
    add_image(opened, "Emb02", done=(1, 2))
    wizard = make_wizard()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: not wizard.page.problems())
    assert [(p.name, p.slices) for p in wizard.draft.pairs] == [("Emb02", (1, 2))]
    assert wizard.data_page.messages.texts == ["One labelled image without a slice marked as done: left out."]
    wizard.data_page.source.marked_only.setChecked(False)
    qtbot.waitUntil(lambda: not wizard.page.problems())
    assert [(p.name, p.slices) for p in jobs.inspected[-1].pairs] == [("Emb01", None), ("Emb02", None)]


def test_marked_slices_are_not_spoken_of_where_no_labels_are_needed(
    qtbot: QtBot, make_wizard: MakeWizard, opened: OpenProject
) -> None:
    add_image(opened, "Emb02", done=(1, 2))
    wizard = make_wizard()
    wizard.next_button.click()
    assert wizard.data_page.source.marked_only.isVisible()
    wizard.go_to(0)
    wizard.goal_page.goal_cards["structures"].click()
    wizard.next_button.click()
    assert wizard.page is wizard.data_page
    assert not wizard.data_page.source.marked_only.isVisible()


def test_roles_can_be_edited_without_another_check(
    qtbot: QtBot, make_wizard: MakeWizard, opened: OpenProject, jobs: FakeJobs
) -> None:
    wizard = make_wizard()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: not wizard.page.problems())
    table = wizard.data_page.table
    index = table.index(0, 4, QModelIndex())
    assert table.data(index) == "Training (automatic)"
    table.setData(index, "validation", Qt.ItemDataRole.EditRole)
    assert table.data(index) == "Validation"
    assert not wizard.next_button.isEnabled()
    table.setData(index, "train", Qt.ItemDataRole.EditRole)
    assert wizard.next_button.isEnabled()
    assert len(jobs.inspected) == 1


def test_a_training_is_listed_in_the_project_while_it_goes_on(
    qtbot: QtBot, make_wizard: MakeWizard, session: Session, jobs: FakeJobs
) -> None:
    jobs.gate.clear()
    jobs.hold_after = 0
    wizard = make_wizard()
    to_review(qtbot, wizard)
    with qtbot.waitSignal(session.results_changed):
        wizard.next_button.click()
    assert wizard.run is not None
    assert wizard.run.active
    jobs.gate.set()
    qtbot.waitUntil(lambda: wizard.page is wizard.result_page)


def test_a_folder_is_recognised(qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, tmp_path: Path) -> None:
    jobs.folder_pairs = (PairConfig(name="a", image="a.tif", labels="a_labels.tif"),)
    wizard = make_wizard()
    wizard.next_button.click()
    wizard.data_page.source.folder.set_path(tmp_path)
    qtbot.waitUntil(lambda: not wizard.page.problems())
    assert wizard.draft.source == "folder"
    assert wizard.data_page.table.rowCount() == 1


def test_nothing_is_said_of_a_folder_before_it_was_looked_through(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, tmp_path: Path
) -> None:
    looked = Event()
    jobs.find = lambda *_: FolderPairs() if looked.wait(60) else None  # type: ignore[method-assign]
    wizard = make_wizard()
    wizard.next_button.click()
    wizard.data_page.source.folder.set_path(tmp_path)
    assert wizard.page.problems() == ["Images are looked for; this has not finished yet."]
    assert not wizard.next_button.isEnabled()
    looked.set()
    qtbot.waitUntil(lambda: "No images with labels were found" in wizard.page.problems()[0])


def test_what_lies_in_the_folder_of_before_is_not_shown_for_one_that_is_not_there(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, tmp_path: Path
) -> None:
    begun, looked, ended = Event(), Event(), Event()
    found = FolderPairs((PairConfig(name="a", image="a.tif", labels="a_labels.tif"),))

    def slowly(*_: object) -> FolderPairs:
        begun.set()
        looked.wait(60)
        ended.set()
        return found

    jobs.find = slowly  # type: ignore[method-assign]
    wizard = make_wizard()
    wizard.next_button.click()
    chosen = wizard.data_page.source.folder
    chosen.set_path(tmp_path)
    qtbot.waitUntil(begun.is_set)
    chosen.set_path(tmp_path / "gone")
    looked.set()
    qtbot.waitUntil(ended.is_set)
    qtbot.wait(100)  # ms, in which an answer would come
    assert wizard.draft.pairs == ()
    assert wizard.page.problems() == [f"There is no folder {tmp_path / 'gone'}."]


def test_two_folders_are_paired_in_order_only_if_the_user_agrees(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, tmp_path: Path
) -> None:
    jobs.folder_pairs = (PairConfig(name="x", image="x.tif", labels="y.tif"),)
    wizard = make_wizard()
    wizard.next_button.click()
    page = wizard.data_page
    page.source.labels_folder.set_path(tmp_path)
    page.source.folder.set_path(tmp_path)
    qtbot.waitUntil(page.order_button.isVisible)
    assert "x.tif, y.tif" in page.messages.texts[0]
    assert not wizard.next_button.isEnabled()
    page.order_button.click()
    qtbot.waitUntil(lambda: not wizard.page.problems())
    assert [p.name for p in wizard.draft.pairs] == ["x"]


def test_what_the_labels_hold_can_be_said(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, tmp_path: Path
) -> None:
    jobs.folder_pairs = (PairConfig(name="a", image="a.tif", labels="a_labels.tif"),)
    wizard = make_wizard()
    wizard.next_button.click()
    source = wizard.data_page.source
    source.folder.set_path(tmp_path)
    qtbot.waitUntil(lambda: not wizard.page.problems())
    assert jobs.inspected[-1].kind == "objects"
    source.kind.setCurrentIndex(1)
    source.kind.activated.emit(1)
    qtbot.waitUntil(lambda: jobs.inspected[-1].kind == "classes")
    qtbot.waitUntil(lambda: wizard.draft.is_checked)
    wizard.go_to(wizard.pages.index(wizard.settings_page))
    assert wizard.settings_page.forms["recipe_parameters"].editor("separate_objects").isHidden()


def test_another_share_keeps_the_settings(qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs) -> None:
    wizard = make_wizard()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: not wizard.page.problems())
    wizard.draft.change(patch_size=(16, 32, 32))
    form = wizard.data_page.split
    form.set_value(form.value().model_copy(update={"validation": 0.4}))
    qtbot.waitUntil(lambda: bool(jobs.shared))
    assert jobs.shared[-1].split.validation == 0.4
    assert len(jobs.inspected) == 1
    assert wizard.draft.config is not None
    assert wizard.draft.config.patch_size == (16, 32, 32)


def _held_back(monkeypatch: pytest.MonkeyPatch) -> tuple[Event, list[str]]:
    """Reading of specimens waits for the event; the list gets the threads that it is done in."""
    gate, threads = Event(), list[str]()

    def read(pairs: tuple[PairConfig, ...], stop: Callable[[], None]) -> tuple[PairConfig, ...]:
        threads.append(current_thread().name)
        while not gate.wait(0.01):
            stop()
        return tuple(pair.model_copy(update={"group": "fish 1"}) for pair in pairs)

    monkeypatch.setattr(data_jobs, "with_specimens", read)
    return gate, threads


def test_specimens_are_read_while_the_window_goes_on(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, threads = _held_back(monkeypatch)
    wizard = make_wizard()
    wizard.next_button.click()
    page = wizard.data_page
    qtbot.waitUntil(lambda: bool(threads))
    assert threads != [current_thread().name]
    assert page.table.rowCount() > 0
    assert page.table.index(0, 5).data() == ""
    assert page.status.text() == "Reading of which specimens the images are…"
    assert not wizard.next_button.isEnabled()
    assert not jobs.inspected
    gate.set()
    qtbot.waitUntil(lambda: not wizard.page.problems())
    assert page.table.index(0, 5).data() == "fish 1"
    assert {pair.group for pair in jobs.inspected[0].pairs} == {"fish 1"}
    gate.clear()
    wizard.back_button.click()
    wizard.next_button.click()
    assert page.table.index(0, 5).data() == "fish 1"  # as it was read before, while it is read again
    assert not wizard.page.problems()


def test_a_window_that_is_closed_stops_reading_specimens(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, runner: JobRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, threads = _held_back(monkeypatch)
    wizard = make_wizard()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: bool(threads))
    wizard.close()
    qtbot.waitUntil(lambda: not runner.jobs())
    qtbot.waitUntil(lambda: not isValid(wizard))
    assert not jobs.inspected


def test_other_roles_share_the_rest_out_anew(qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs) -> None:
    wizard = make_wizard()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: not wizard.page.problems())
    table = wizard.data_page.table
    assert table.setData(table.index(0, 4), "train")
    qtbot.waitUntil(lambda: bool(jobs.shared))
    assert jobs.shared[-1].pairs[0].role == "train"
    assert len(jobs.inspected) == 1


def test_other_classes_share_the_images_out_anew(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = tuple(FakeRow(name, objects=None, classes=(1, 2)) for name in ("a", "b"))
    monkeypatch.setattr(jobs, "inspect", lambda dataset, ctx, needs_labels: FakeReport(rows))
    jobs.folder_pairs = tuple(PairConfig(name=row.name, image=row.name, labels=row.name) for row in rows)
    wizard = make_wizard()
    wizard.draft.folder_kind = "classes"
    wizard.next_button.click()
    wizard.data_page.source.folder.set_path(tmp_path)
    qtbot.waitUntil(lambda: wizard.draft.is_checked)
    assert [pair.classes for pair in wizard.draft.dataset().pairs] == [(1, 2), (1, 2)]
    uses = wizard.data_page.classes.uses
    assert not jobs.shared
    uses[2].setCurrentIndex(uses[2].findData("background"))
    uses[2].activated.emit(1)
    qtbot.waitUntil(lambda: len(jobs.shared) == 1)
    assert jobs.shared[0].class_values == (1,)
    qtbot.waitUntil(wizard.data_page.bar.isHidden)
    wizard.data_page.classes.changed.emit()  # as by another name, which moves nothing
    assert wizard.data_page.bar.isHidden()


def test_a_failed_check_says_why(qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs) -> None:
    jobs.error = UserError("Cannot open Emb01.tif: the file is cut off.")
    wizard = make_wizard()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: bool(wizard.data_page.messages.texts))
    assert wizard.data_page.messages.texts == ["Cannot open Emb01.tif: the file is cut off."]
    assert not wizard.next_button.isEnabled()


def test_published_settings_are_offered_for_the_method(
    qtbot: QtBot, make_wizard: MakeWizard, notifier: RecordingNotifier
) -> None:
    wizard = make_wizard()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: not wizard.page.problems())
    wizard.next_button.click()
    wizard.next_button.click()
    page = wizard.settings_page
    offered = {action.text(): action for action in page.examples.menu().actions()}
    assert page.examples.isVisible()
    assert not any("WNet3D" in title for title in offered)
    next(action for title, action in offered.items() if title.startswith("easyreg")).trigger()
    assert wizard.draft.config is not None
    assert wizard.draft.config.network == "easyreg_unet3d"
    assert wizard.draft.config.optimisation.fall_every == 12_000
    assert page.forms["patch_size"].value().patch_size == (72, 72, 72)


def test_whole_images_set_the_patch_by_themselves(qtbot: QtBot, make_wizard: MakeWizard) -> None:
    wizard = make_wizard()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: not wizard.page.problems())
    wizard.next_button.click()
    wizard.next_button.click()
    page = wizard.settings_page
    form, draft = page.forms["patch_size"], wizard.draft
    assert draft.config is not None
    usual = draft.config.patch_size
    form.set_value(form.value().model_copy(update={"whole_images": True}))
    assert draft.config.whole_images
    assert draft.config.patch_size != usual
    assert form.value().patch_size == draft.config.patch_size
    assert form.editor("patch_size").isHidden()
    assert "seen whole" in page.patch_note.text()
    form.set_value(form.value().model_copy(update={"whole_images": False}))
    assert draft.config.patch_size == usual
    assert not form.editor("patch_size").isHidden()


@pytest.mark.parametrize("width", [900, 1400])
def test_nothing_on_the_settings_page_is_squeezed(qtbot: QtBot, make_wizard: MakeWizard, width: int) -> None:
    """Words get the height that they need at their width, so that nothing lies over them."""
    wizard = make_wizard()
    wizard.resize(width, 620)
    wizard.show()
    for _ in range(3):
        qtbot.waitUntil(lambda: not wizard.page.problems())
        wizard.next_button.click()
    page = wizard.settings_page

    def words() -> list[QLabel]:
        labels = page.findChildren(QLabel)
        return [each for each in labels if each.wordWrap() and each.isVisible() and each.text()]

    qtbot.waitUntil(lambda: len(words()) > 3)
    qtbot.waitUntil(lambda: [w.text() for w in words() if w.height() < w.heightForWidth(w.width())] == [])


def test_methods_and_settings_reach_the_configuration(qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs) -> None:
    wizard = make_wizard()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: not wizard.page.problems())
    wizard.next_button.click()
    cards = wizard.pages[2].cards  # type: ignore[attr-defined]
    assert cards["semantic", "unet3d"].isChecked()
    cards["semantic", "segresnet3d"].click()
    wizard.next_button.click()
    form = wizard.settings_page.forms["optimisation"]
    suggested = form.value().iterations
    form.set_value(form.value().model_copy(update={"iterations": 77}))
    assert wizard.draft.config is not None
    assert (wizard.draft.config.network, wizard.draft.config.optimisation.iterations) == ("segresnet3d", 77)
    wizard.settings_page.reset.click()
    assert wizard.draft.config.optimisation.iterations == suggested
    assert wizard.settings_page.forms["optimisation"].value().iterations == suggested


def test_a_time_in_place_of_steps_is_chosen_in_one_click(qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs) -> None:
    wizard = make_wizard()
    for _ in range(3):
        qtbot.waitUntil(lambda: not wizard.page.problems())
        wizard.next_button.click()
    page = wizard.settings_page
    assert wizard.page is page
    assert page.duration is not None
    form, choice = page.forms["optimisation"], page.duration.choice
    titles = [choice.itemText(index) for index in range(choice.count())]
    choice.activated.emit(titles.index("About 15 minutes on this computer"))
    assert wizard.draft.config is not None
    assert wizard.draft.config.optimisation.minutes == 15
    assert (form.editor("iterations").isHidden(), form.editor("minutes").isHidden()) == (True, False)
    wizard.next_button.click()
    qtbot.waitUntil(lambda: "steps here" in wizard.review_page.facts["Time"].text())
    assert "15 minutes" in wizard.review_page.facts["Learning"].text()
    wizard.back()
    page.reset.click()
    assert page.duration.choice.currentText() == titles[0]
    assert (form.editor("iterations").isHidden(), wizard.draft.config.optimisation.minutes) == (True, 0)


def test_rounds_over_all_images_become_steps(qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs) -> None:
    wizard = make_wizard()
    for _ in range(3):
        qtbot.waitUntil(lambda: not wizard.page.problems())
        wizard.next_button.click()
    page = wizard.settings_page
    assert page.duration is not None
    assert page.duration.epochs.isHidden()
    choice = page.duration.choice
    titles = [choice.itemText(index) for index in range(choice.count())]
    choice.activated.emit(titles.index("A number of rounds over all images (epochs)"))
    assert not page.duration.epochs.isHidden()
    assert page.forms["optimisation"].editor("iterations").isHidden()
    page.duration.epochs.set_value(Epochs(epochs=30, samples=4))
    config = wizard.draft.config
    assert config is not None
    steps = Epochs(epochs=30, samples=4).steps(
        learning_images(config.model_copy(update={"dataset": wizard.draft.dataset()})), config.optimisation.batch_size
    )
    assert (config.optimisation.iterations, config.validation.every) == (steps, steps // 5)
    assert page.forms["validation"].value().every == steps // 5
    learning = page.forms["optimisation"]
    learning.set_value(learning.value().model_copy(update={"batch_size": 1, "iterations": 5}))
    assert wizard.draft.config is not None
    assert wizard.draft.config.optimisation.iterations == steps * config.optimisation.batch_size
    wizard.next_button.click()
    assert f"{wizard.draft.config.optimisation.iterations:,} steps" in wizard.review_page.facts["Learning"].text()
    wizard.back()
    assert not page.duration.epochs.isHidden()
    page.duration.choice.activated.emit(0)
    assert (page.duration.epochs.isHidden(), wizard.draft.epochs) == (True, None)
    learning = page.forms["optimisation"]
    learning.set_value(learning.value().model_copy(update={"iterations": 9}))
    assert wizard.draft.config.optimisation.iterations == 9


def test_rare_networks_are_folded_away_and_can_be_chosen(qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs) -> None:
    wizard = make_wizard()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: not wizard.page.problems())
    wizard.next_button.click()
    cards = wizard.pages[2].cards  # type: ignore[attr-defined]
    nnunet = cards["semantic", "dynunet3d"]
    qtbot.waitUntil(lambda: cards["semantic", "segresnet3d"].isVisibleTo(wizard.page))
    assert not nnunet.isVisibleTo(wizard.page)
    wizard.pages[2].further.button.click()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: nnunet.isVisibleTo(wizard.page))
    nnunet.click()
    wizard.next_button.click()
    assert wizard.draft.config is not None
    assert wizard.draft.config.network == "dynunet3d"
    wizard.back_button.click()
    shown = wizard.pages[2].cards["semantic", "dynunet3d"]  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: shown.isVisibleTo(wizard.page))


def test_a_taken_name_is_refused(qtbot: QtBot, make_wizard: MakeWizard, opened: OpenProject, jobs: FakeJobs) -> None:
    jobs.keep(Path("Nuclei.vwmodel"), opened.folder / "models")
    wizard = make_wizard()
    to_review(qtbot, wizard)
    wizard.review_page.name.setText("Nuclei")
    assert not wizard.next_button.isEnabled()
    wizard.review_page.name.setText("Nuclei 2")
    assert wizard.next_button.isEnabled()


def test_stop_and_keep_the_best(qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, opened: OpenProject) -> None:
    jobs.gate.clear()
    wizard = make_wizard()
    to_review(qtbot, wizard)
    wizard.next_button.click()
    run = wizard.run
    assert run is not None
    qtbot.waitUntil(lambda: run.record.has_validated)
    wizard.run_page.stop_button.click()
    qtbot.waitUntil(lambda: wizard.page is wizard.result_page)
    assert jobs.finished == [run.folder]
    assert len(opened.models()) == 1


@pytest.mark.parametrize(("part", "shown"), [("", ""), (" (4 of them while it learns)", "Checked on 4 of 12 images")])
def test_the_curve_says_of_how_many_images_it_is(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, part: str, shown: str
) -> None:
    jobs.announced = f"Learning from 30 images and checking with 12 images{part}, on the processor."
    jobs.gate.clear()
    wizard = make_wizard()
    to_review(qtbot, wizard)
    wizard.next_button.click()
    run = wizard.run
    assert run is not None
    qtbot.waitUntil(lambda: run.record.has_validated)
    assert wizard.run_page.checked.text().startswith(shown)
    assert wizard.run_page.checked.isVisible() == bool(shown)


def test_stopping_before_anything_was_learned_leads_back(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, opened: OpenProject
) -> None:
    jobs.gate.clear()
    jobs.hold_after = 0
    wizard = make_wizard()
    to_review(qtbot, wizard)
    wizard.next_button.click()
    run = wizard.run
    assert run is not None
    qtbot.waitUntil(lambda: bool(run.record.log))
    wizard.run_page.stop_button.click()
    qtbot.waitUntil(lambda: run.state == "discarded")
    assert opened.models() == []
    assert jobs.finished == []
    assert wizard.run_page.title == "Training was stopped"
    assert wizard.run_page.status.text().startswith("Stopped before its first check")
    assert wizard.run_page.preview.picture.empty_text.startswith("The training ended before")
    assert wizard.back_button.isVisible()


def test_what_stopping_does_is_said_before(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, session: Session
) -> None:
    jobs.gate.clear()
    jobs.hold_after = 0
    wizard = make_wizard()
    to_review(qtbot, wizard)
    wizard.next_button.click()
    run, page = wizard.run, wizard.run_page
    assert run is not None
    qtbot.waitUntil(lambda: bool(run.record.curves))
    assert page.stop_button.text() == "Stop"
    assert "no model before the first check, at step 200" in page.stop_button.toolTip()
    with qtbot.waitSignal(session.models_changed):  # the run is listed in the project
        page.stop_button.click()
    assert wizard.next_button.text() == "Resume training"
    jobs.hold_after = 2
    wizard.next_button.click()
    again = wizard.run
    assert again is not None
    assert again is not run
    qtbot.waitUntil(lambda: again.record.has_validated)
    qtbot.waitUntil(lambda: page.stop_button.text() == "Stop and keep the best")
    jobs.gate.set()
    qtbot.waitUntil(lambda: wizard.page is wizard.result_page)
    assert jobs.resumed == [run.folder]


def test_weights_kept_without_a_check_are_no_model(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, opened: OpenProject, notifier: RecordingNotifier
) -> None:
    jobs.gate.clear()
    jobs.hold_after = 0
    wizard = make_wizard()
    to_review(qtbot, wizard)
    wizard.next_button.click()
    run = wizard.run
    assert run is not None
    qtbot.waitUntil(lambda: bool(run.record.log))
    for name, validated in (("best", 0), ("last", 0)):
        state = run.folder / "checkpoints" / name / "state.json"
        state.parent.mkdir(parents=True)
        state.write_text(json.dumps({"progression": {"step": 30, "validated": validated}}))
    wizard.run_page.stop_button.click()
    wizard.close()
    qtbot.waitUntil(lambda: run.state == "discarded")
    assert not any("goes on" in text for text in notifier.said("info"))
    assert jobs.finished == []
    assert not was_checked(run.folder)
    state.write_text(json.dumps({"progression": {"step": 30, "validated": 20}}))
    assert was_checked(run.folder)


def test_a_failed_training_says_why_and_can_be_tried_again(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, opened: OpenProject
) -> None:
    jobs.train_error = UserError("There is not enough memory.", hint="Choose a smaller patch.")
    wizard = make_wizard()
    to_review(qtbot, wizard)
    wizard.next_button.click()
    qtbot.waitUntil(lambda: "Choose a smaller patch." in wizard.run_page.status.text())
    assert wizard.page is wizard.run_page
    jobs.train_error = None
    wizard.back_button.click()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: wizard.page is wizard.result_page)
    assert len(opened.models()) == 1


def test_a_training_that_fails_after_a_check_leaves_a_model(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, opened: OpenProject
) -> None:
    jobs.fail_after = 2
    jobs.train_error = UserError("The loss is no longer a number at step 5.", hint="Lower the learning rate.")
    wizard = make_wizard()
    to_review(qtbot, wizard)
    wizard.next_button.click()
    run = wizard.run
    assert run is not None
    qtbot.waitUntil(lambda: run.state == "failed")
    assert jobs.finished == [run.folder]
    assert len(opened.models()) == 1
    assert "no longer a number at step 5. Lower the learning rate." in wizard.run_page.status.text()
    assert "The best state is the model" in wizard.run_page.status.text()
    wizard.next_button.click()
    assert wizard.page is wizard.result_page


def test_the_first_reason_of_a_failure_is_told(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, opened: OpenProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_jobs: FakeJobs, _run: Path) -> None:
        raise UserError("The disk is full, too.")

    monkeypatch.setattr(FakeJobs, "finish", full)
    jobs.fail_after = 2
    jobs.train_error = UserError("The disk is full.")
    wizard = make_wizard()
    to_review(qtbot, wizard)
    wizard.next_button.click()
    run = wizard.run
    assert run is not None
    qtbot.waitUntil(lambda: run.state == "failed")
    assert wizard.run_page.status.text() == "The disk is full."
    assert opened.models() == []
    assert not wizard.next_button.isVisible()


def test_a_failure_is_told_over_no_page_that_says_it_but_where_that_is_closed(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, opened: OpenProject, notifier: RecordingNotifier
) -> None:
    jobs.train_error = UserError("The disk is full.")
    wizard = make_wizard()
    to_review(qtbot, wizard)
    wizard.next_button.click()
    qtbot.waitUntil(lambda: wizard.run is not None and wizard.run.state == "failed")
    assert wizard.run_page.status.text() == "The disk is full."
    assert notifier.said("error") == []
    jobs.gate.clear()
    wizard.back_button.click()
    wizard.next_button.click()
    run = wizard.run
    assert run is not None
    wizard.close()
    jobs.gate.set()
    qtbot.waitUntil(lambda: run.state == "failed")
    assert notifier.said("error") == ["The disk is full."]


def test_why_a_training_goes_on_with_less_stands_on_its_page(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, opened: OpenProject
) -> None:
    jobs.announced = "There is not enough memory: the training goes on with one patch at a time." + " More words." * 30
    jobs.gate.clear()
    wizard = make_wizard()
    to_review(qtbot, wizard)
    assert not wizard.run_page.lessened.isVisible()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: wizard.run_page.lessened.text() == jobs.announced)
    assert wizard.run_page.lessened.isVisible()
    assert not wizard.run_page.hasHeightForWidth(), "a wrapped sentence stretches the page beyond its window"
    jobs.gate.set()
    qtbot.waitUntil(lambda: wizard.page is wizard.result_page)


def test_closing_the_window_keeps_the_training_going(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, opened: OpenProject, runner: JobRunner,
    notifier: RecordingNotifier,
) -> None:  # fmt: skip
    jobs.gate.clear()
    wizard = make_wizard()
    to_review(qtbot, wizard)
    wizard.next_button.click()
    wizard.close()
    (run,) = active_runs(runner)
    assert wizard.run_page.preview.picture.empty_text.endswith("at step 200.")
    assert "goes on" in notifier.said("info")[0]
    again = make_wizard()
    assert again.goal_page.running.isVisible()
    again.goal_page.run_requested.emit()
    assert again.page is again.run_page
    jobs.gate.set()
    qtbot.waitUntil(lambda: run.state == "done")
    assert len(opened.models()) == 1
    assert active_runs(runner) == []


def test_the_wizard_closes_with_its_project(qtbot: QtBot, make_wizard: MakeWizard, session: Session) -> None:
    wizard = make_wizard()
    with qtbot.waitSignal(wizard.closed):
        session.close_project()


def begun_run(wizard: TrainingWizard, opened: OpenProject) -> tuple[Path, TrainingConfig]:
    """The folder of a run that has written its configuration and nothing more, and the configuration."""
    folder = opened.new_run_folder("x")
    config = wizard.draft.final_config(folder)
    (folder / "config.json").write_text(config.model_dump_json())
    return folder, config


def test_an_interrupted_run_is_resumed(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, session: Session, runner: JobRunner,
    notifier: RecordingNotifier, opened: OpenProject,
) -> None:  # fmt: skip
    wizard = make_wizard()
    to_review(qtbot, wizard)
    folder, _ = begun_run(wizard, opened)
    resumed = show_resumed(WindowContext(session, runner, notifier), folder, jobs.services())
    assert resumed is not None
    qtbot.waitUntil(lambda: resumed.page is resumed.result_page)
    assert jobs.resumed == [folder]
    resumed.close()


def test_an_interrupted_run_is_told_from_one_that_ended_and_goes_on_by_one_click(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, session: Session, runner: JobRunner,
    notifier: RecordingNotifier, opened: OpenProject,
) -> None:  # fmt: skip
    wizard = make_wizard()
    to_review(qtbot, wizard)
    folder, config = begun_run(wizard, opened)
    (folder / "metrics.csv").write_text("step,name,value\n10,loss/train,1.5\n60,loss/train,0.9\n")
    shown = show_training(WindowContext(session, runner, notifier), folder, jobs.services())
    assert shown is not None
    qtbot.addWidget(shown)
    assert f"interrupted after step 60 of {config.optimisation.iterations:,}" in shown.run_page.status.text()
    assert shown.next_button.text() == "Resume training"
    shown.next_button.click()
    qtbot.waitUntil(lambda: shown.page is shown.result_page)
    assert jobs.resumed == [folder]
    assert shown.run_page.status.text() == "Finished."


def test_a_run_that_goes_on_keeps_its_curves_and_names_its_new_model(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, session: Session, runner: JobRunner,
    notifier: RecordingNotifier, opened: OpenProject, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    wizard = make_wizard()
    to_review(qtbot, wizard)
    folder, config = begun_run(wizard, opened)
    (folder / "metrics.csv").write_text("step,name,value\n10,loss/train,1.5\n80,loss/train,0.9\n90,loss/train,0.8\n")
    save_state(folder, step=80, validated=80, stopped="")
    monkeypatch.setattr(FakeJobs, "keep", lambda _jobs, _model, models: models / "Object 3D (2).vwmodel")
    jobs.gate.clear()
    more = Continuation(steps=400)
    shown = show_resumed(WindowContext(session, runner, notifier), folder, jobs.services(), more)
    assert shown is not None
    qtbot.addWidget(shown)
    assert shown.run is not None
    assert shown.run.config.optimisation.iterations == 480
    assert shown.run_page.loss.points("training images")[0] == [10, 80]
    assert shown.run_page.preview.picture.empty_text.endswith(f"at step {config.validation.every:,}.")
    jobs.gate.set()
    qtbot.waitUntil(lambda: shown.page is shown.result_page)
    assert shown.result_page.title == "“Object 3D (2)” is ready"
    assert not any("is trained" in text for text in notifier.said("info"))  # the page says it


def test_a_run_without_its_configuration_cannot_be_resumed(
    qtbot: QtBot, jobs: FakeJobs, session: Session, runner: JobRunner, notifier: RecordingNotifier, tmp_path: Path
) -> None:
    assert show_resumed(WindowContext(session, runner, notifier), tmp_path, jobs.services()) is None
    assert len(notifier.said("error")) == 1


def test_the_classes_of_a_project_are_seen_on_the_data_page(
    qtbot: QtBot, make_wizard: MakeWizard, session: Session
) -> None:
    assert session.project is not None
    session.update_project(session.project.model_copy(update={"scheme": SCHEME}))
    wizard = make_wizard()
    wizard.next_button.click()
    page = wizard.data_page
    qtbot.waitUntil(lambda: len(page.classes.uses) == 3)
    around = page.classes.parentWidget()
    assert around.isVisible()
    assert around.height() >= 100


def test_further_data_sets_and_groups_are_taken_along(
    qtbot: QtBot, make_wizard: MakeWizard, jobs: FakeJobs, tmp_path: Path
) -> None:
    public = tmp_path / "public"
    for part in ("images", "labels"):
        (public / part).mkdir(parents=True)
        for name in ("fish1_t1", "fish1_t2"):
            tifffile.imwrite(public / part / f"{name}.tif", np.ones((8, 8), np.uint8))
    wizard = make_wizard()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: not wizard.page.problems())
    page = wizard.data_page
    page.more.add_folder(public)
    qtbot.waitUntil(lambda: len(wizard.draft.pairs) == 3 and not wizard.page.problems())
    groups = [pair.group for pair in wizard.draft.dataset().pairs]
    assert groups[1:] == ["public/fish1", "public/fish1"]
    page.table.setData(page.table.index(2, 5, QModelIndex()), "fish2", Qt.ItemDataRole.EditRole)
    assert wizard.draft.dataset().pairs[2].group == "fish2"
    wizard.draft.more = (replace(wizard.draft.more[0], checks=True),)
    assert wizard.draft.dataset().split.validation == 0


def test_a_set_of_patches_is_learned_from_alone(
    qtbot: QtBot, session: Session, runner: JobRunner, notifier: RecordingNotifier, jobs: FakeJobs, opened: OpenProject
) -> None:
    folder = opened.new_dataset_folder("Emb01 patches")
    (folder / "patches.csv").write_text("file,labels,source,plane,z,y,x,rows,columns\n")
    add_image(opened, "patch")
    item = opened.project.items[-1]
    path = opened.image_path(item)
    moved = path.rename(folder / path.name)
    opened.save(opened.project.replaced(item.model_copy(update={"image": opened.relative(moved)})))
    session.adopt(opened)
    context = WindowContext(session, runner, notifier)
    wizard = TrainingWizard(context, services=jobs.services(), patches=folder)
    qtbot.addWidget(wizard)
    wizard.next()
    qtbot.waitUntil(lambda: not runner.jobs())
    assert [pair.name for pair in wizard.draft.pairs] == ["patch"]
    sets = wizard.data_page.source.patches
    assert sets.currentText().startswith("Emb01 patches")
    sets.setCurrentIndex(0)
    sets.activated.emit(0)
    assert {pair.name for pair in wizard.draft.pairs} == {"Emb01", "patch"}
    wizard.close()


def test_what_became_of_settings_of_another_program_stays_on_the_page(
    qtbot: QtBot, make_wizard: MakeWizard, tmp_path: Path
) -> None:
    wizard = make_wizard()
    for _ in range(3):
        qtbot.waitUntil(lambda: not wizard.page.problems())
        wizard.next_button.click()
    page, file = wizard.settings_page, tmp_path / "cur_task_setting.json"
    file.write_text(json.dumps(EASYREG))
    page.load_file(file)
    assert page.taken_over.texts[0] == "The settings of cur_task_setting.json were taken over."
    assert any("img_after_resize is left out" in text for text in page.taken_over.texts)
    assert page.taken_over.isVisible()
    page.reset.click()
    assert page.taken_over.isHidden()


def test_what_labels_hold_is_asked_only_where_there_may_be_some(make_wizard: MakeWizard, tmp_path: Path) -> None:
    wizard = make_wizard()
    wizard.goal_page.goal_cards["structures"].click()
    source = wizard.data_page.source
    source.from_folder.setChecked(True)
    source.show_kind()
    assert source.kind.isHidden()
    assert not source.labels_folder.isHidden()
    source.labels_folder.set_path(tmp_path)
    assert not source.kind.isHidden()
