from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.epochs import Epochs, learning_images
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme
from desktop_app.core.networks.segresnet import SegResNetArguments
from desktop_app.core.recipes.registry import DEFAULT_RECIPE, RECIPES, all_goals
from desktop_app.gui.training.class_choices import ClassChoice
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.gui.training.draft_rules import DraftStep, adaptations, class_remarks, scheme_problems, step_problems
from desktop_app.gui.training.methods import methods_for
from tests.cards import semantic_card
from tests.gui.training.fake_reports import FakeEstimate, FakeProblem, FakeReport, FakeRow

PAIR = PairConfig(name="Emb01", image="emb01.tif", labels="emb01_labels.tif")
CARD = semantic_card(
    name="Old",
    network="unet2d",
    network_arguments={"channels": 8},
    dimensions=2,
    patch_size=(1, 96, 96),
    divisor=(1, 8, 8),
)


def checked(**changes: object) -> TrainingDraft:
    draft = TrainingDraft(pairs=(PAIR,))
    for name, value in changes.items():
        setattr(draft, name, value)
    draft.take_report(FakeReport((FakeRow("Emb01"),)), TrainingConfig())
    return draft


def test_a_draft_without_pairs_says_what_to_do(tmp_path: Path) -> None:
    assert "labelled images" in step_problems(TrainingDraft(), DraftStep.DATA)[0]
    assert "Choose a folder" in step_problems(TrainingDraft(source="folder"), DraftStep.DATA)[0]
    assert "No images with labels" in step_problems(TrainingDraft(source="folder", folder=tmp_path), DraftStep.DATA)[0]
    for nowhere in ({"folder": tmp_path / "x"}, {"folder": tmp_path, "labels_folder": tmp_path / "x"}):
        problem = step_problems(TrainingDraft(source="folder", **nowhere), DraftStep.DATA)[0]  # type: ignore[arg-type]
        assert problem == f"There is no folder {tmp_path / 'x'}."
    assert "marked as done" in step_problems(TrainingDraft(marked_only=True), DraftStep.DATA)[0]


def test_an_unchecked_draft_must_wait() -> None:
    draft = TrainingDraft(pairs=(PAIR,))
    assert any("check" in text for text in step_problems(draft, DraftStep.DATA))


def test_a_checked_draft_can_go_through_all_steps() -> None:
    draft = checked()
    assert [step_problems(draft, step) for step in DraftStep] == [[]] * len(DraftStep)


def test_other_images_or_another_goal_need_another_check() -> None:
    draft = checked()
    draft.goal_name = "objects2d"
    assert not draft.is_checked
    draft.goal_name = "objects3d"
    assert draft.is_checked
    draft.pairs = (*draft.pairs, PAIR.model_copy(update={"name": "Emb02"}))
    assert not draft.is_checked


def test_a_role_is_no_reason_to_check_again_but_reaches_the_dataset() -> None:
    draft = checked()
    draft.roles["Emb01"] = "train"
    assert draft.is_checked
    assert draft.dataset().pairs[0].role == "train"


def test_no_image_for_training_is_a_problem() -> None:
    draft = checked()
    draft.roles["Emb01"] = "validation"
    assert "for training" in step_problems(draft, DraftStep.DATA)[0]


def test_errors_of_the_report_stop_but_warnings_do_not() -> None:
    draft = TrainingDraft(pairs=(PAIR,))
    problems = (FakeProblem("warning", "Sizes differ."), FakeProblem("error", "Emb01 has no labels."))
    draft.take_report(FakeReport((FakeRow("Emb01"),), problems), TrainingConfig())
    assert step_problems(draft, DraftStep.DATA) == ["Emb01 has no labels."]


def test_a_change_that_does_not_fit_keeps_the_old_value_and_says_why() -> None:
    draft = checked()
    assert not draft.change(patch_size=(0, 64, 64))
    assert draft.config is not None
    assert draft.config.patch_size == TrainingConfig().patch_size
    assert "patch size" in step_problems(draft, DraftStep.SETTINGS)[0]
    assert draft.change(patch_size=(16, 64, 64))
    assert step_problems(draft, DraftStep.SETTINGS) == []


def test_a_flat_network_gets_a_flat_patch_and_back() -> None:
    draft = checked(goal_name="regions", scheme=LabelScheme(kind="classes"))
    assert draft.choose_network("semantic", "unet2d")
    assert draft.config is not None
    assert draft.config.patch_size[0] == 1
    assert draft.choose_network("semantic", "segresnet3d")
    assert draft.config.patch_size[0] > 1


def test_whole_images_take_a_patch_that_holds_the_largest_and_patches_the_usual_one() -> None:
    draft = checked()
    assert draft.change(whole_images=True)
    assert draft.config is not None
    assert all(edge >= size for edge, size in zip(draft.config.patch_size, (51, 120, 120), strict=True))
    assert draft.change(whole_images=False)
    assert draft.config.patch_size == TrainingConfig().patch_size


def test_what_follows_from_the_voxel_size_survives_a_look_at_a_2d_network() -> None:
    draft = checked()
    assert draft.choose_network("semantic", "segresnet3d")
    assert draft.choose_network("semantic", "unet2d")
    assert draft.config is not None
    assert draft.config.optimisation.batch_size > 2
    assert draft.choose_network("semantic", "unet3d")
    assert draft.config.network_arguments["flat_levels"] == 1
    assert draft.config.optimisation.batch_size == 2


def test_another_architecture_forgets_the_arguments_of_the_first() -> None:
    draft = checked()
    draft.change(network_arguments={"channels": 8, "levels": 3})
    draft.choose_network("semantic", "segresnet3d")
    assert draft.config is not None
    assert draft.config.network_arguments == SegResNetArguments(norm="batch").model_dump()


def test_a_reset_brings_the_suggestion_back_but_keeps_the_method() -> None:
    draft = checked()
    draft.choose_network("semantic", "segresnet3d")
    draft.change(optimisation={"iterations": 7})
    draft.reset_settings()
    assert draft.config is not None
    assert draft.config.network == "segresnet3d"
    assert draft.config.optimisation == TrainingConfig().optimisation


def test_rounds_follow_the_images_and_leave_the_users_checks_alone() -> None:
    draft = checked()
    assert draft.config is not None
    draft.change(optimisation={**draft.config.optimisation.model_dump(), "batch_size": 1})
    assert draft.count_in_epochs(Epochs(epochs=100))
    assert draft.config.optimisation.iterations == 100 * learning_images(draft.final_config(Path("run")))
    assert draft.count_in_epochs(Epochs(epochs=100, every=3))
    assert draft.config.validation.every == 3 * draft.config.optimisation.iterations / 100
    assert draft.count_in_epochs(Epochs(epochs=100))
    draft.change(validation={"every": 7})
    assert draft.config.validation.every == 7
    draft.roles[PAIR.name] = "train"
    draft.pairs = tuple(PAIR.model_copy(update={"name": f"Emb{n:02d}", "role": "train"}) for n in range(1, 5))
    assert draft.final_config(Path("run")).optimisation.iterations == 400
    assert "100 epochs of 4 images" in draft.epochs_in_words()
    assert not draft.count_in_epochs(Epochs(epochs=1_000_000))
    assert (draft.epochs, "4,000,000 steps" in draft.settings_problem) == (Epochs(epochs=100), True)
    draft.reset_settings()
    assert (draft.epochs, draft.config.optimisation.iterations) == (None, TrainingConfig().optimisation.iterations)


def test_finetuning_keeps_the_models_method_and_learns_slowly() -> None:
    draft = TrainingDraft(pairs=(PAIR,))
    draft.choose_model(Path("old.vwmodel"), CARD)
    assert draft.goal_name == "objects2d"
    draft.take_report(FakeReport((FakeRow("Emb01"),)), TrainingConfig())
    config = draft.config
    assert config is not None
    assert (config.network, config.network_arguments, config.patch_size) == ("unet2d", {"channels": 8}, (1, 96, 96))
    assert config.start_from == "old.vwmodel"
    assert config.optimisation.learning_rate == pytest.approx(2e-4)
    assert [m.network.name for m in methods_for(draft)] == ["unet2d"]


def test_methods_offer_what_fits_with_the_recommended_one_first() -> None:
    draft = checked()
    names = [m.network.name for m in methods_for(draft)]
    assert names[0] == "unet3d"
    assert not any("2d" in name for name in names)
    draft.goal_name = "regions"
    assert {"unet2d", "unet3d"} <= {m.network.name for m in methods_for(draft)}
    draft.report = FakeReport(dimensions=2)
    assert not any("3d" in m.network.name for m in methods_for(draft))


@pytest.mark.parametrize("name", ["", "   ", "a/b", ".hidden", "x" * 121, "TAKEN"])
def test_bad_names_are_refused(name: str) -> None:
    draft = checked(taken_names=frozenset({"Taken"}))
    draft.name = name
    assert len(step_problems(draft, DraftStep.REVIEW)) == 1


def test_names_are_made_free() -> None:
    draft = checked(taken_names=frozenset({"Object 3D", "object 3d 2"}))
    assert draft.name == "Object 3D 3"


def test_a_full_disk_is_noticed_before_the_start() -> None:
    draft = checked()
    draft.estimate, draft.free_disk_gb = FakeEstimate(disk_gb=5.0), 1.0
    assert "free space" in step_problems(draft, DraftStep.REVIEW)[0]


def test_the_final_configuration_holds_the_users_answers() -> None:
    draft = checked()
    draft.name, draft.roles["Emb01"] = " Nuclei ", "train"
    config = draft.final_config(Path("runs/1"))
    assert (config.name, config.output, config.dataset.pairs[0].role) == ("Nuclei", str(Path("runs/1")), "train")
    assert TrainingConfig.model_validate(config.model_dump()) == config


def test_goals_follow_the_project() -> None:
    assert RECIPES[DEFAULT_RECIPE].goal_for("classes", flat=False).name == "regions"
    assert RECIPES[DEFAULT_RECIPE].goal_for("objects", flat=True).name == "objects2d"
    assert RECIPES[DEFAULT_RECIPE].goal_for("objects", flat=False).name == "objects3d"


def test_labels_that_do_not_suit_the_goal_are_explained() -> None:
    objects, classes = LabelScheme(), LabelScheme(kind="classes")
    assert scheme_problems(objects, all_goals()["regions"])
    assert not scheme_problems(objects, all_goals()["objects3d"])
    assert not scheme_problems(classes, all_goals()["objects2d"])
    sparse = classes.model_copy(update={"zero_is_background": False})
    assert "Background" in scheme_problems(sparse, all_goals()["regions"])[0]
    background = LabelClass(value=2, name="Background", color=(0, 0, 0))
    both = sparse.model_copy(update={"classes": (*sparse.classes, background)})
    assert not scheme_problems(both, all_goals()["regions"])
    assert not scheme_problems(objects.model_copy(update={"zero_is_background": False}), all_goals()["objects3d"])


def folder_draft() -> TrainingDraft:
    draft = TrainingDraft(goal_name="regions", source="folder", folder=Path("x"), pairs=(PAIR,))
    draft.take_report(FakeReport((FakeRow("Emb01", objects=None, classes=(0, 1, 2)),)), TrainingConfig())
    return draft


def test_classes_of_a_folder_are_all_learned_until_the_user_says_otherwise() -> None:
    draft = folder_draft()
    assert draft.dataset().class_values == (1, 2)
    assert draft.dataset().class_names == ("Class 1", "Class 2")
    draft.classes[2] = ClassChoice("Glia", "learn")
    draft.classes[1] = ClassChoice("Rest", "background")
    dataset = draft.dataset()
    assert (dataset.class_values, dataset.class_names) == ((2,), ("Glia",))
    assert (dataset.unlabelled, dataset.background) == (None, None)
    draft.classes[0] = ClassChoice("", "ignore")
    assert (draft.dataset().unlabelled, draft.dataset().background) == (0, 1)
    assert step_problems(draft, DraftStep.DATA) == []
    draft.name_model()
    assert draft.name == "Glia regions"


def test_sparse_labels_need_something_to_compare_with() -> None:
    draft = folder_draft()
    draft.classes[1] = draft.classes[2] = ClassChoice("x", "background")
    assert "at least one class" in step_problems(draft, DraftStep.DATA)[0]
    lonely = TrainingDraft(goal_name="regions", source="folder", folder=Path("x"), pairs=(PAIR,))
    lonely.take_report(FakeReport((FakeRow("Emb01", objects=None, classes=(1,)),)), TrainingConfig())
    lonely.classes[0] = ClassChoice("", "ignore")
    assert "which class is the background" in step_problems(lonely, DraftStep.DATA)[0]


def test_an_unreadable_image_is_left_out_and_the_others_go_on() -> None:
    other = PAIR.model_copy(update={"name": "Emb02"})
    draft = TrainingDraft(pairs=(PAIR, other))
    bad = FakeRow("Emb02", problems=(FakeProblem("error", "Cannot open Emb02.tif: the file is cut off."),))
    draft.take_report(FakeReport((FakeRow("Emb01"), bad)), TrainingConfig())
    assert [p.role for p in draft.dataset().pairs] == ["auto", "unused"]
    assert step_problems(draft, DraftStep.DATA) == []


def test_a_model_with_other_channels_or_classes_can_be_improved_but_it_is_said() -> None:
    draft = checked(card=CARD.model_copy(update={"input_channels": 2, "class_values": (1, 2)}))
    assert step_problems(draft, DraftStep.DATA) == []
    channels, classes = adaptations(draft)
    assert "2 channels" in channels
    assert "2 classes" in classes
    assert adaptations(checked(card=CARD)) == []


def test_a_name_chosen_by_the_user_stays() -> None:
    draft = checked()
    draft.name, draft.name_chosen = "Mine", True
    draft.name_model()
    assert draft.name == "Mine"


def test_classes_of_objects_are_said_to_be_learned_as_one() -> None:
    draft = TrainingDraft(source="project")
    assert class_remarks(draft) == []
    draft.scheme = draft.scheme.with_class("Dividing")
    (said,) = class_remarks(draft)
    assert "(Object, Dividing) are learned as one" in said
    draft.scheme = draft.scheme.model_copy(update={"kind": "classes"})
    assert class_remarks(draft) == []


@pytest.mark.parametrize(
    ("known", "labelled", "warns"),
    [("mito", "Nucleus", True), ("mito", "Mito", False), ("Object", "Nucleus", False), ("mito", "Class 1", False)],
)
def test_a_model_of_another_thing_is_no_start(known: str, labelled: str, warns: bool) -> None:
    card = CARD.model_copy(update={"class_names": (known,), "class_values": (1,)})
    scheme = LabelScheme(classes=(LabelClass(value=1, name=labelled, color=(255, 0, 0)),))
    draft = checked(card=card)
    draft.source, draft.scheme = "project", scheme
    said = adaptations(draft)
    assert bool(said) is warns
    assert not warns or "finds mito, and your labels are named Nucleus" in said[0]
