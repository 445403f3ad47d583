from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.curve_names import curve_title
from desktop_app.core.errors import UserError
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.registry import RECIPES, all_goals
from desktop_app.gui.notifications.recording import RecordingNotifier
from desktop_app.gui.training.advice import advise, score_rows
from desktop_app.gui.training.class_choices import ClassChoice
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.gui.training.draft_rules import DraftStep, step_problems
from desktop_app.gui.training.methods import methods_for
from desktop_app.gui.training.pages.class_table import ClassTable
from desktop_app.gui.training.pages.settings_page import SettingsPage
from desktop_app.gui.training.patch_words import patch_problem
from desktop_app.gui.training.pictures import DRAWINGS
from tests.cards import panoptic_card
from tests.gui.training.fake_reports import FakeReport, FakeRow

PAIR = PairConfig(name="z01", image="z01.tif", labels="z01_labels.tif")
BIFPN = TrainingConfig(recipe="panoptic", network="panoptic_bifpn", patch_size=(1, 256, 256))
CLASSES = LabelScheme(
    kind="classes",
    classes=(
        LabelClass(value=1, name="Mitochondrion", color=(1, 2, 3)),
        LabelClass(value=2, name="Membrane", color=(4, 5, 6), kind="stuff"),
    ),
)


def _draft(config: TrainingConfig = BIFPN, **values: object) -> TrainingDraft:
    draft = TrainingDraft(goal_name="organelles", pairs=(PAIR,), **values)  # type: ignore[arg-type]
    draft.take_report(FakeReport((FakeRow("z01"),)), config)  # type: ignore[arg-type]
    return draft


def test_the_goal_has_its_own_methods_and_the_others_keep_theirs() -> None:
    assert {m.network.name for m in methods_for(_draft())} == {"panoptic_bifpn", "panoptic_deeplab"}
    assert methods_for(_draft())[0].network.name == "panoptic_bifpn"
    for goal in ("objects2d", "objects3d", "regions"):
        assert all(m.recipe.name != "panoptic" for m in methods_for(TrainingDraft(goal_name=goal)))
    assert {goal.picture for goal in all_goals().values()} <= set(DRAWINGS)


def test_an_improved_panoptic_model_keeps_the_goal() -> None:
    draft = TrainingDraft()
    card = panoptic_card(patch_size=(1, 256, 256), label_kind="classes")
    draft.choose_model(Path("m.vwmodel"), card)
    assert draft.goal_name == "organelles"


def test_objects_of_a_folder_are_called_as_in_the_improved_model() -> None:
    card = panoptic_card(patch_size=(1, 256, 256), class_names=("mito",))
    draft = TrainingDraft(source="folder", pairs=(PAIR,), goal_name="organelles")
    assert draft.dataset().class_names == ("Object",)
    draft.choose_model(Path("m.vwmodel"), card)
    assert draft.dataset().class_names == ("mito",)


@pytest.mark.parametrize(("encoder", "offered"), [("resnet50", True), ("resnet18", False)])
def test_layers_can_be_chosen_where_they_know_something(
    qtbot: QtBot, notifier: RecordingNotifier, encoder: str, offered: bool
) -> None:
    config = BIFPN.model_copy(update={"network_arguments": {"encoder": encoder}})
    page = SettingsPage(_draft(config), notifier)
    qtbot.addWidget(page)
    page.enter()
    assert page.forms["recipe_parameters"].editor("finetune_layers").isHidden() is not offered
    assert all(page.forms["optimisation"].editor(name).isHidden() for name in ("frozen_stages", "frozen_share"))


def test_a_patch_that_does_not_fit_names_the_nearest_sizes() -> None:
    draft = _draft()
    assert step_problems(draft, DraftStep.SETTINGS) == []
    assert draft.change(patch_size=(1, 200, 200))
    (problem,) = step_problems(draft, DraftStep.SETTINGS)
    assert "128 or 256" in problem


@pytest.mark.parametrize(
    ("network", "patch", "said"),
    [
        ("panoptic_deeplab", (1, 200, 200), "192 or 208 for y and x."),
        ("panoptic_deeplab", (1, 208, 208), ""),
        ("panoptic_bifpn", (1, 64, 64), "128 for y and x."),
        ("unet2d", (1, 201, 200), "200 or 208 for y."),
        ("unet3d", (20, 80, 80), "16 or 24 for z."),
        ("segresnet3d", (24, 80, 84), "80 or 88 for x."),
    ],
)
def test_every_network_names_the_sizes_that_suit_it(network: str, patch: tuple[int, int, int], said: str) -> None:
    recipe = NETWORKS[network].recipes[0]
    problem = patch_problem(TrainingConfig(recipe=recipe, network=network, patch_size=patch))
    assert problem.endswith(said)
    assert bool(problem) == bool(said)


def test_regions_of_the_project_are_learned_without_objects() -> None:
    draft = _draft(scheme=CLASSES)
    assert draft.use_of(2) == "region"
    assert draft.final_config(Path("run")).recipe_parameters["stuff"] == ["Membrane"]
    draft.classes[2] = ClassChoice("", "learn")
    assert draft.final_config(Path("run")).recipe_parameters["stuff"] == []
    draft.classes[1] = ClassChoice("", "region")
    assert draft.final_config(Path("run")).recipe_parameters["stuff"] == ["Mitochondrion"]
    draft.goal_name = "regions"
    assert draft.use_of(1) == draft.use_of(2) == "learn"


def test_a_divisor_and_the_balance_reach_the_dataset() -> None:
    pairs = (PAIR.model_copy(update={"group": "fly"}), PAIR.model_copy(update={"name": "b", "group": "mouse"}))
    draft = _draft(source="folder", folder_kind="classes")
    draft.pairs = pairs
    key = draft.data_key()
    draft.label_divisor, draft.balance = 1000, 0.7
    assert draft.data_key() != key
    assert draft.sources == 2
    assert (draft.dataset().label_divisor, draft.dataset().balance) == (1000, 0.7)
    draft.folder_kind = "objects"
    assert draft.dataset().label_divisor is None
    draft.folder_kind, draft.goal_name = "classes", "regions"
    assert draft.dataset().label_divisor == 1000


def test_the_table_of_classes_offers_regions(qtbot: QtBot) -> None:
    draft = _draft(scheme=CLASSES)
    table = ClassTable(draft)
    qtbot.addWidget(table)
    table.reload()
    assert [use.currentData() for use in table.uses.values()] == ["learn", "region"]
    draft.goal_name = "regions"
    draft.take_report(FakeReport((FakeRow("z01"),)), TrainingConfig())  # type: ignore[arg-type]
    table.reload()
    assert [use.currentData() for use in table.uses.values()] == ["learn", "learn"]
    assert table.uses[2].findData("region") == -1


def test_other_methods_know_no_regions() -> None:
    draft = TrainingDraft(goal_name="regions", pairs=(PAIR,), scheme=CLASSES)
    draft.take_report(FakeReport((FakeRow("z01"),)), TrainingConfig())  # type: ignore[arg-type]
    assert "stuff" not in draft.final_config(Path("run")).recipe_parameters


def test_settings_of_an_earlier_run_are_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(
        json.dumps(
            {"name": "old", "optimisation": {"iterations": 77}, "recipe_parameters": {"finetune_layers": "none"}}
        )
    )
    draft = _draft()
    draft.load_settings(file)
    assert draft.config is not None
    assert draft.config.optimisation.iterations == 77
    assert draft.config.optimisation.batch_size == BIFPN.optimisation.batch_size
    assert draft.config.recipe_parameters == {"finetune_layers": "none"}
    assert draft.config.name == BIFPN.name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no JSON"),
        ("[1]", "no settings"),
        ('{"a": 1}', "no settings"),
        ('{"optimisation": {"iterations": -1}}', "iterations"),
        ('{"recipe": "semantic", "network": "unet2d", "network_arguments": {}}', "another goal"),
    ],
)
def test_other_files_change_nothing(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "some.json"
    file.write_text(text)
    draft = _draft()
    with pytest.raises(UserError, match=words):
        draft.load_settings(file)
    assert draft.config == BIFPN


def test_a_finetuned_model_keeps_its_network(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"network": "panoptic_deeplab", "patch_size": [1, 384, 384]}))
    draft = _draft(BIFPN.model_copy(update={"start_from": "m.vwmodel"}))
    draft.load_settings(file)
    assert draft.config is not None
    assert (draft.config.network, draft.config.patch_size) == ("panoptic_bifpn", (1, 384, 384))


def test_scores_and_advice_in_words() -> None:
    titles = [row.title for row in score_rows({"pq": 0.5, "f1": 0.6, "f1_75": 0.4, "iou": 0.7, "score": 0.6})]
    assert titles[0] == "Objects found rightly"
    assert len(titles) == 4
    assert curve_title("score/pq") is not None
    assert curve_title("score/iou/Membrane", classes=2) == "Membrane (IoU)"
    tuned = BIFPN.model_copy(update={"start_from": "m.vwmodel", "recipe_parameters": {"finetune_layers": "none"}})
    panoptic, semantic = RECIPES["panoptic"], RECIPES["semantic"]
    least = [panoptic.least_steps(finetuned=finetuned) for finetuned in (False, True)]
    assert (*least, semantic.least_steps(finetuned=False)) == (500, 100, 800)
    assert panoptic.more_to_learn({}) == semantic.more_to_learn({}) == ""
    scores = {"f1": 0.5, "precision": 0.9, "recall": 0.3}
    curves = {"loss/train": [(200, 1.0)]}
    said = advise(curves, scores, tuned, images=9, cancelled=False)
    assert any("Stage4" in sentence for sentence in said)
    assert any("centre threshold" in sentence for sentence in said)


def test_suggested_values_come_back_with_the_method_that_was_chosen_before_a_file(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"network": "panoptic_deeplab", "patch_size": [1, 384, 384]}))
    draft = _draft()
    for _ in range(2):  # a second file is no choice of the user's either
        draft.load_settings(file)
    assert draft.config is not None
    assert draft.config.network == "panoptic_deeplab"
    draft.reset_settings()
    assert draft.config == BIFPN
    draft.load_settings(file)
    draft.choose_network("panoptic", "panoptic_deeplab")
    draft.reset_settings()
    assert draft.config.network == "panoptic_deeplab"
