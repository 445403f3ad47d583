from __future__ import annotations

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme
from desktop_app.gui.training.class_choices import ClassChoice
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.gui.training.draft_rules import DraftStep, learn_only, step_problems
from desktop_app.gui.training.pages.class_table import ClassTable
from tests.gui.training.fake_reports import FakeReport, FakeRow

SCHEME = LabelScheme(
    kind="classes",
    classes=(
        LabelClass(value=1, name="Mitochondrion", color=(255, 0, 0)),
        LabelClass(value=2, name="Membrane", color=(0, 255, 0)),
        LabelClass(value=5, name="Glia", color=(0, 0, 255)),
    ),
)


def project_draft(scheme: LabelScheme = SCHEME) -> TrainingDraft:
    draft = TrainingDraft(pairs=(PairConfig(name="a", image="a.tif", labels="b.tif"),), scheme=scheme)
    draft.goal_name = "objects2d"
    draft.take_report(FakeReport((FakeRow("a", classes=(1, 2, 5)),)), TrainingConfig())
    return draft


def test_classes_of_a_project_can_be_left_out() -> None:
    draft = project_draft()
    assert draft.dataset().class_values == (1, 2, 5)
    draft.classes = {2: ClassChoice(use="background"), 5: ClassChoice(use="background")}
    assert (draft.dataset().class_values, draft.dataset().class_names) == ((1,), ("Mitochondrion",))
    assert step_problems(draft, DraftStep.DATA) == []
    draft.classes[1] = ClassChoice(use="background")
    assert step_problems(draft, DraftStep.DATA) == ["Choose at least one class to learn."]


def test_projects_without_a_choice_are_not_asked() -> None:
    assert project_draft(LabelScheme()).values_to_choose == ()
    one = LabelScheme(kind="classes", classes=SCHEME.classes[:1])
    assert project_draft(one).values_to_choose == ()


def test_the_table_names_the_classes_of_the_project_and_the_model_after_them(qtbot) -> None:
    draft = project_draft()
    table = ClassTable(draft)
    qtbot.addWidget(table)
    table.reload()
    assert list(table.uses) == [1, 2, 5]
    assert not table.names
    for value in (2, 5):
        table.uses[value].setCurrentIndex(table.uses[value].findData("background"))
        table.uses[value].activated.emit(1)
    assert draft.dataset().class_names == ("Mitochondrion",)
    assert draft.name == "Mitochondrion 2D"


def test_a_file_of_settings_chooses_the_labels_that_are_learned(qtbot) -> None:
    draft = project_draft()
    table = ClassTable(draft)
    qtbot.addWidget(table)
    table.reload()
    assert learn_only(draft, ()) == ()
    assert draft.dataset().class_values == (1, 2, 5)
    assert learn_only(draft, (2, 7)) == ("Not in the labels of these images, and so not learned: 7.",)
    assert draft.dataset().class_values == (2,)
    assert draft.name == "Membrane 2D"
    table.reload()
    assert [table.uses[value].currentData() for value in (1, 2, 5)] == ["background", "learn", "background"]
    assert "none of those" in learn_only(draft, (8,))[0]
    assert draft.dataset().class_values == (2,)
    assert "single objects" in learn_only(project_draft(LabelScheme()), (2,))[0]


def test_classes_of_a_project_have_weights(qtbot) -> None:
    draft = project_draft()
    table = ClassTable(draft)
    qtbot.addWidget(table)
    table.reload()
    assert (draft.dataset().weighted_values, draft.dataset().value_weights) == ((), ())
    assert all(spin.isVisibleTo(table) for spin in table.weights.values())
    table.weights[2].setValue(3)
    table.uses[5].setCurrentIndex(table.uses[5].findData("background"))
    table.weights[5].setValue(0.5)
    made = draft.dataset()
    assert (made.class_values, made.weighted_values, made.value_weights) == ((1, 2), (2, 5), (3, 0.5))
