"""Each seam costs one file and one line: a toy of each is registered and driven through jobs, commands and forms."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFileDialog, QMenuBar, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

import desktop_app
from desktop_app.cli.app import run_command
from desktop_app.cli.objects import steps_of
from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.object_step import ObjectStep
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UnreadableFileError, UnwritableFileError
from desktop_app.core.imaging import Plane, Region, Volume, VoxelSize
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.job import RecordingContext
from desktop_app.core.labelling import LabelScheme
from desktop_app.core.labelling.tools import FIRST_TOOL, TOOLS, ToolPoint
from desktop_app.core.losses.registry import LOSSES
from desktop_app.core.networks.registry import NETWORKS, require_patch
from desktop_app.core.networks.residual_unet import UNET_3D
from desktop_app.core.recipes.data_report import DataReport, DataRow
from desktop_app.core.recipes.goals import OBJECTS_3D
from desktop_app.core.recipes.registry import DEFAULT_RECIPE, RECIPES
from desktop_app.core.recipes.semantic.parameters import SemanticTraining
from desktop_app.gui.actions.menus import label_menu, objects_menu
from desktop_app.gui.actions.shortcut_sheet import ShortcutSheet
from desktop_app.gui.inference.model_forms import ModelForms
from desktop_app.gui.inference.steps_box import StepsBox
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.projects.commands import ProjectCommands
from desktop_app.gui.projects.image_commands import ImageCommands
from desktop_app.gui.session import Session
from desktop_app.gui.training.advice import advise
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.gui.training.methods import methods_for
from desktop_app.gui.training.pages.data_page import DataPage
from desktop_app.gui.training.pages.goal_page import GoalPage
from desktop_app.gui.training.pages.settings_page import SettingsPage
from desktop_app.gui.training.patch_words import patch_problem
from desktop_app.gui.training.services import real_services
from desktop_app.gui.widgets.number_fields import NumberField
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.datasets import LAYOUTS, pairs_in_folder
from desktop_app.io.images.formats import FORMATS
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.label_writer import label_writer
from desktop_app.io.images.registry import losses, open_volume, write_volume
from desktop_app.io.models import load_card
from desktop_app.io.projects import create_project
from desktop_app.jobs.batch.preview import PreviewSession
from desktop_app.jobs.batch.then import ChangedLabels, after_steps
from desktop_app.jobs.train.folder_pairs import pairs_in_folders
from desktop_app.jobs.train.inspect_data import inspect_dataset
from desktop_app.jobs.train.settings import finetuned, suggest_training
from desktop_app.ml.losses.registry import LOSS_MODULES
from desktop_app.ml.networks.registry import BUILDERS
from desktop_app.ml.recipes.registry import COMPUTED
from desktop_app.objects.operations import OPERATIONS, Change, Offer, Pointed, Scene, Target
from tests.gui.labelling.conftest import CLASSES, Bench, bench_for
from tests.house.toys import loss as loss_toy
from tests.house.toys import network as network_toy
from tests.house.toys import recipe as recipe_toy
from tests.house.toys import recipe_without_labels as label_free_toy
from tests.house.toys.dataset_layout import LISTED
from tests.house.toys.image_format import TOY
from tests.house.toys.labelling_tool import STAMP
from tests.house.toys.object_operation import DIM

# --- recipe ---


@pytest.fixture
def toy_recipe(monkeypatch: pytest.MonkeyPatch) -> str:
    """A recipe of our own, in the tables of what is seen and what is computed."""
    monkeypatch.setitem(RECIPES, recipe_toy.INFO.name, recipe_toy.INFO)
    monkeypatch.setitem(COMPUTED, recipe_toy.INFO.name, recipe_toy.COMPUTED)
    monkeypatch.setitem(NETWORKS, recipe_toy.NETWORK.name, recipe_toy.NETWORK)
    monkeypatch.setitem(BUILDERS, recipe_toy.NETWORK.name, BUILDERS[UNET_3D.name])
    monkeypatch.setattr(recipe_toy, "seen", [])
    return recipe_toy.INFO.name


SMALL = ("--set", "network_arguments.channels=4", "--set", "network_arguments.levels=2")


def test_a_recipe_is_trained_and_used_from_the_command_line(
    toy_recipe: str, nuclei_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = _trained(nuclei_folder, tmp_path / "run", "--goal", "toys", "--set", "brightness=2", *SMALL)
    (model,) = run.glob("*.vwmodel")
    card = load_card(model)
    assert (card.recipe, card.network, card.output_channels) == (toy_recipe, recipe_toy.NETWORK.name, 1)
    assert card.recipe_parameters["brightness"] == 2
    assert [step for step, _ in recipe_toy.seen][:3] == [0, 1, 2]
    assert card.metrics["score"] > 0
    assert (run / "advice.json").is_file()
    infer = ["infer", "--model", str(model), "--input", str(nuclei_folder / "images"), "--device", "cpu"]
    assert run_command([*infer, "--output", str(tmp_path / "all"), "--set", "level=0"]) == 0
    assert np.unique(open_labels(tmp_path / "all" / "v0.tif").read()).tolist() == [1]
    assert run_command([*infer, "--output", str(tmp_path / "none"), "--set", "level=1"]) == 0
    assert not open_labels(tmp_path / "none" / "v0.tif").read().any()
    assert run_command(["train", "--dataset", str(nuclei_folder), "--goal", "toy", "--out", str(tmp_path / "x")]) == 2
    assert "Did you mean toys?" in capsys.readouterr().err
    volume, preview = open_volume(nuclei_folder / "images" / "v1.tif"), PreviewSession(model, "cpu")
    maps = preview.predict(volume, Region((0, 0, 0), (4, 36, 36)), "auto", RecordingContext())
    assert preview.decode_named(maps, {"level": 0.0}).class_of == {1: card.class_names[0]}
    assert preview.decode_named(maps, {"level": 1.0}).class_of == {}


def test_a_recipe_has_its_goal_and_forms_in_the_window(
    qtbot: QtBot, toy_recipe: str, nuclei_folder: Path, tmp_path: Path
) -> None:
    dataset = DatasetConfig(pairs=pairs_in_folder(nuclei_folder))
    report = inspect_dataset(dataset, RecordingContext())
    draft = TrainingDraft(source="folder", pairs=dataset.pairs)
    session = Session()
    goals = GoalPage(draft, session, RecordingNotifier())
    qtbot.addWidget(goals)
    goals.goal_cards["toys"].click()
    assert draft.goal_name == "toys"
    draft.take_report(report, suggest_training(report, dataset, draft.goal_name))
    assert [(m.recipe.name, m.network.name) for m in methods_for(draft)] == [(toy_recipe, recipe_toy.NETWORK.name)]
    page = SettingsPage(draft, RecordingNotifier())
    qtbot.addWidget(page)
    page.enter()
    assert page.problems() == []
    page.forms["recipe_parameters"].set_value(recipe_toy.ToyTraining(patches=9))
    config = draft.final_config(tmp_path / "run")
    assert (config.recipe, config.recipe_parameters["patches"]) == (toy_recipe, 9)
    card = ModelCard(
        name="m", recipe=toy_recipe, network=recipe_toy.NETWORK.name, dimensions=3, input_channels=1,
        output_channels=1, patch_size=(8, 16, 16), divisor=(8, 8, 8),
    )  # fmt: skip
    forms = ModelForms()
    qtbot.addWidget(forms)
    forms.show_model(card, {}, {"level": 0.25})
    assert forms.decode_values() == {"level": 0.25}
    draft.choose_model(tmp_path / "m.vwmodel", card)
    assert draft.goal_name == "toys"
    assert finetuned(config, card, None, report).optimisation.iterations == 7
    said = advise({}, {"f1": 0.9, "precision": 0.95, "recall": 0.7}, config, images=9, cancelled=False)
    assert "lower the level of the toy" in said[0]


@pytest.fixture
def label_free(monkeypatch: pytest.MonkeyPatch) -> str:
    """A recipe that learns from images alone, in the tables."""
    monkeypatch.setitem(RECIPES, label_free_toy.INFO.name, label_free_toy.INFO)
    monkeypatch.setitem(COMPUTED, label_free_toy.INFO.name, label_free_toy.COMPUTED)
    monkeypatch.setitem(NETWORKS, label_free_toy.NETWORK.name, label_free_toy.NETWORK)
    monkeypatch.setitem(BUILDERS, label_free_toy.NETWORK.name, BUILDERS[UNET_3D.name])
    return label_free_toy.INFO.name


@pytest.fixture
def bare_folder(nuclei_folder: Path) -> Path:
    """Images in a folder in which there is no label at all."""
    shutil.rmtree(nuclei_folder / "labels")
    return nuclei_folder


def test_a_recipe_without_labels_is_trained_from_the_command_line(
    label_free: str, bare_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = _trained(bare_folder, tmp_path / "run", "--recipe", label_free, *SMALL)
    (model,) = run.glob("*.vwmodel")
    assert load_card(model).recipe == label_free
    infer = ["infer", "--model", str(model), "--input", str(bare_folder / "images"), "--device", "cpu"]
    assert run_command([*infer, "--output", str(tmp_path / "out"), "--set", "level=0"]) == 0
    assert open_labels(tmp_path / "out" / "v0.tif").read().any()
    (tmp_path / "empty").mkdir()
    for folder, options in ((bare_folder, []), (tmp_path / "empty", ["--recipe", label_free])):
        arguments = ["train", "--dataset", str(folder), "--out", str(tmp_path / "x"), *options]
        assert run_command(arguments) == 2
    said = capsys.readouterr().err
    assert "No pairs of images and labels were found in nuclei" in said
    assert "No images were found in empty" in said


def test_a_recipe_without_labels_takes_images_alone_in_the_window(
    qtbot: QtBot, label_free: str, bare_folder: Path, tmp_path: Path
) -> None:
    runner, draft = JobRunner(), TrainingDraft(goal_name="bare toys")
    page = DataPage(draft, Session(), runner, RecordingNotifier(), real_services())
    qtbot.addWidget(page)
    page.enter()
    page.source.from_folder.setChecked(True)
    assert page.source.from_folder.text() == "A folder with images"
    assert page.problems() == ["Choose a folder with images."]
    page.source.folder.set_path(bare_folder)
    qtbot.waitUntil(lambda: draft.is_checked, timeout=20_000)
    assert [(pair.name, pair.labels) for pair in draft.pairs] == [("v0", None), ("v1", None)]
    assert page.problems() == []
    assert page.leave_forward()
    assert draft.final_config(tmp_path / "run").recipe == label_free
    draft.goal_name = OBJECTS_3D.name
    page.enter()
    assert page.source.from_folder.text() == "A folder with images and labels"
    qtbot.waitUntil(lambda: not draft.pairs, timeout=20_000)
    assert "No images with labels were found" in page.problems()[0]
    assert runner.wait_all(60)


# --- network ---


@pytest.fixture
def nuclei_folder(tmp_path: Path) -> Path:
    """Two small volumes of nuclei with their labels."""
    small = PhantomParameters(shape=(9, 36, 36), nuclei=5, radius=5)
    for number in range(2):
        phantom = nuclei_phantom(small, seed=number)
        for kind, voxels in (("images", phantom.image), ("labels", phantom.truth.astype(np.uint16))):
            volume = Volume.from_array(voxels, voxel_size=phantom.voxel_size)
            (tmp_path / "nuclei" / kind).mkdir(parents=True, exist_ok=True)
            write_volume(tmp_path / "nuclei" / kind / f"v{number}.tif", volume.source, volume)
    return tmp_path / "nuclei"


@pytest.fixture
def toy_network(monkeypatch: pytest.MonkeyPatch) -> str:
    """A network of a divisor that is no power of two, in the tables of networks."""
    monkeypatch.setitem(NETWORKS, network_toy.RECORD.name, network_toy.RECORD)
    monkeypatch.setitem(BUILDERS, network_toy.RECORD.name, network_toy.ToyNetwork)
    return network_toy.RECORD.name


def _trained(folder: Path, run: Path, *options: str) -> Path:
    """The run of a training of three steps from the command line."""
    quick = ("--set", "iterations=3", "--device", "cpu", *options)
    assert run_command(["train", "--dataset", str(folder), "--out", str(run), *quick]) == 0
    return run


def test_a_network_is_trained_and_used_from_the_command_line(
    toy_network: str, nuclei_folder: Path, tmp_path: Path
) -> None:
    run = _trained(nuclei_folder, tmp_path / "run", "--network", toy_network, "--set", "network_arguments.width=2")
    (model,) = run.glob("*.vwmodel")
    card = load_card(model)
    assert (card.network, card.network_arguments, card.divisor) == (toy_network, {"width": 2}, network_toy.BOX)
    require_patch(toy_network, card.network_arguments, card.patch_size)
    infer = [
        "infer",
        "--model",
        str(model),
        "--input",
        str(nuclei_folder / "images"),
        "--output",
        str(tmp_path / "out"),
    ]
    assert run_command([*infer, "--device", "cpu"]) == 0
    assert open_volume(tmp_path / "out" / "v1.tif").shape == (9, 36, 36)


@pytest.mark.parametrize("shape", [(30, 100, 100), (24, 80, 80), (9, 112, 112), (2, 11, 40)])
def test_a_network_of_an_odd_divisor_gets_patches_that_it_can_divide(
    toy_network: str, shape: tuple[int, int, int]
) -> None:
    for size in (None, (4.0, 12.0, 12.0), (1.0, 70.0, 50.0)):
        report = DataReport((DataRow("a", shape=shape, voxel_size=VoxelSize.unknown()),), object_size=size)
        settings = RECIPES[DEFAULT_RECIPE].network_settings(report, toy_network, 0.0, {})
        assert settings.arguments == {"width": 3}
        assert [edge % part for edge, part in zip(settings.patch_size, network_toy.BOX, strict=True)] == [0, 0, 0]
        require_patch(toy_network, settings.arguments, settings.patch_size)


def test_a_patch_that_a_network_cannot_divide_is_refused_everywhere(
    toy_network: str, nuclei_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train = ["train", "--dataset", str(nuclei_folder), "--out", str(tmp_path / "run"), "--network", toy_network]
    assert run_command([*train, "--device", "cpu", "--set", "patch_size=6,32,36"]) == 2
    assert "multiples of 3 × 12 × 12 (z, y, x)" in " ".join(capsys.readouterr().err.split())
    assert "24 or 36 for y" in patch_problem(TrainingConfig(network=toy_network, patch_size=(6, 32, 36)))
    assert patch_problem(TrainingConfig(network=toy_network, patch_size=(6, 24, 36))) == ""


def test_a_network_has_its_form_in_the_window(
    qtbot: QtBot,
    toy_network: str,
    nuclei_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset = DatasetConfig(pairs=pairs_in_folder(nuclei_folder))
    report = inspect_dataset(dataset, RecordingContext())
    draft = TrainingDraft(source="folder", pairs=dataset.pairs)
    draft.take_report(report, suggest_training(report, dataset, "objects3d"))
    assert toy_network in {method.network.name for method in methods_for(draft)}
    assert draft.choose_network("semantic", toy_network)
    page = SettingsPage(draft, RecordingNotifier())
    qtbot.addWidget(page)
    page.enter()
    assert page.forms["network_arguments"].value() == network_toy.ToyArguments(width=3)
    assert page.forms["optimisation"].editor("frozen_stages").isHidden()
    assert page.problems() == []
    page.forms["patch_size"].set_value(TrainingConfig(patch_size=(6, 32, 36)))
    assert "24 or 36 for y" in page.patch_note.text()
    assert page.problems() != []
    monkeypatch.setenv("COLUMNS", "200")
    assert run_command(["train", "--help"]) == 0
    assert "network_arguments.width" in capsys.readouterr().out


# --- loss ---


@pytest.fixture
def toy_loss(monkeypatch: pytest.MonkeyPatch) -> str:
    """A loss of the recipe for regions and objects, in the tables of losses."""
    monkeypatch.setitem(LOSSES, loss_toy.RECORD.name, loss_toy.RECORD)
    monkeypatch.setitem(LOSS_MODULES, loss_toy.RECORD.name, loss_toy.ToyLoss)
    monkeypatch.setattr(loss_toy, "used", [])
    return loss_toy.RECORD.name


def test_a_loss_is_chosen_on_the_command_line_and_kept_with_the_model(
    toy_loss: str, nuclei_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ("--set", "network_arguments.channels=4", "--set", "network_arguments.levels=2")
    chosen = ("--set", "loss_parameters.focus=1.5", "--set", f"loss={toy_loss}")
    run = _trained(nuclei_folder, tmp_path / "run", *small, *chosen)
    assert len(loss_toy.used) >= 3
    assert set(loss_toy.used) == {1.5}
    (model,) = run.glob("*.vwmodel")
    told = load_card(model).recipe_parameters
    assert (told["loss"], told["loss_parameters"]) == (toy_loss, {"focus": 1.5})
    again = ["train", "--dataset", str(nuclei_folder), "--out", str(tmp_path / "b"), "--from", str(model)]
    assert run_command([*again, "--device", "cpu", "--set", "iterations=1"]) == 0
    assert load_card(next((tmp_path / "b").glob("*.vwmodel"))).recipe_parameters["loss"] == toy_loss
    capsys.readouterr()
    wrong = ["train", "--dataset", str(nuclei_folder), "--out", str(tmp_path / "c"), "--device", "cpu"]
    assert run_command([*wrong, "--set", "loss=tay"]) == 2
    assert " or toy." in " ".join(capsys.readouterr().err.split())
    assert run_command([*wrong, "--set", "loss=toy", "--set", "focus=9"]) == 2
    assert "Expected: 0 to 5" in " ".join(capsys.readouterr().err.split())


def test_a_loss_has_its_form_in_the_window(
    qtbot: QtBot, toy_loss: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = TrainingDraft()
    draft.take_report(DataReport(()), TrainingConfig(recipe_parameters={"depth_weight": 2.0}))
    page = SettingsPage(draft, RecordingNotifier())
    qtbot.addWidget(page)
    page.enter()
    assert page.loss is not None
    offered = [page.loss.choice.itemText(n) for n in range(page.loss.choice.count())]
    assert (offered[0], offered[-1]) == ("Overlap and voxels", "Toy loss")
    page.loss.choice.setCurrentIndex(len(offered) - 1)
    assert page.loss.form.value() == loss_toy.ToyLossParameters()
    page.loss.form.set_value(loss_toy.ToyLossParameters(focus=3))
    page.forms["recipe_parameters"].set_value(SemanticTraining(depth_weight=4))
    assert draft.config is not None
    told = draft.config.recipe_parameters
    assert (told["loss"], told["loss_parameters"], told["depth_weight"]) == (toy_loss, {"focus": 3.0}, 4.0)
    assert page.problems() == []
    monkeypatch.setenv("COLUMNS", "240")
    assert run_command(["train", "--help"]) == 0
    help_text = capsys.readouterr().out
    assert "recipe_parameters.loss_parameters.focus" in help_text
    assert "recipe_parameters.loss_parameters.dice_weight" in help_text


# --- image format ---

AFFINE = ((0.0, -0.5, 0.0, 7.0), (0.5, 0.0, 0.0, 8.0), (0.0, 0.0, 2.0, 9.0), (0.0, 0.0, 0.0, 1.0))
"""A stack that lies turned by 90 degrees in the scanner."""


@pytest.fixture
def toy_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two images in a format of our own, with their labels in the same."""
    monkeypatch.setitem(FORMATS, TOY.name, TOY)
    small = PhantomParameters(shape=(8, 32, 32), nuclei=4, radius=5)
    for number in range(2):
        phantom = nuclei_phantom(small, seed=number)
        for kind, voxels in (("images", phantom.image), ("labels", phantom.truth.astype(np.uint16))):
            volume = Volume.from_array(voxels, voxel_size=phantom.voxel_size, affine=AFFINE)
            (tmp_path / kind).mkdir(exist_ok=True)
            write_volume(tmp_path / kind / f"v{number}.toy.gz", volume.source, volume)
    return tmp_path


def test_a_format_is_read_and_written_by_every_command(
    toy_images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = toy_images / "images" / "v0.toy.gz"
    assert run_command(["info", str(image), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"][0]["shape"] == "8 × 32 × 32"
    for target in ("a.tif", "b.toy.gz"):
        assert run_command(["convert", str(image), str(tmp_path / target)]) == 0
        np.testing.assert_array_equal(open_volume(tmp_path / target).read(), open_volume(image).read())
    assert open_volume(tmp_path / "b.toy.gz").affine == AFFINE
    data = tmp_path / "dataset"
    assert run_command(["prepare", str(toy_images), "--out", str(data), "--val", "0.5", "--test", "0"]) == 0
    assert sorted(path.name for path in data.rglob("*.gz")) == ["v0.toy.gz", "v0.toy.gz", "v1.toy.gz", "v1.toy.gz"]
    run, out = tmp_path / "run", tmp_path / "out"
    settings = ("iterations=2", "patch_size=8,32,32", "network_arguments.channels=4", "network_arguments.levels=2")
    sets = [word for text in settings for word in ("--set", text)]
    assert run_command(["train", "--dataset", str(data), "--out", str(run), "--device", "cpu", *sets]) == 0
    (model,) = run.glob("*.vwmodel")
    infer = ["infer", "--model", str(model), "--input", str(toy_images / "images"), "--output", str(out)]
    assert run_command([*infer, "--device", "cpu", "--set", "min_size=0"]) == 0
    labels = open_labels(out / "v0.toy.gz")
    assert (labels.shape, labels.affine) == ((8, 32, 32), AFFINE)
    truth, scores = str(toy_images / "labels"), str(tmp_path / "scores.csv")
    assert run_command(["evaluate", "--predicted", str(out), "--truth", truth, "--out", scores]) == 0
    capsys.readouterr()


def test_a_layout_of_a_data_set_is_recognised_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(LAYOUTS, LISTED.name, LISTED)
    volume = Volume.from_array(np.ones((2, 8, 8), np.uint8))
    for name in ("a.tif", "b.tif", "x.tif", "y.tif"):
        write_volume(tmp_path / "data" / name, volume.source, volume)
    (tmp_path / "data" / "pairs.txt").write_text("a.tif x.tif train\nb.tif y.tif test\n", encoding="utf-8")
    assert run_command(["prepare", str(tmp_path / "data"), "--out", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["parts"] == {"train": 1, "val": 0, "test": 1}
    assert [pair.name for pair in pairs_in_folders(tmp_path / "data", None).pairs] == ["a", "b"]


def test_what_a_format_cannot_hold_is_refused_or_told(toy_images: Path, tmp_path: Path) -> None:
    like = open_volume(toy_images / "images" / "v0.toy.gz")
    with pytest.raises(UnwritableFileError, match="up to 65,535"), label_writer(tmp_path / "a.toy.gz", like) as writer:
        writer.write(Region.whole(like.shape), np.full(like.shape, 70_000, np.uint32))
    large = Volume.from_array(np.zeros((2, 3, 4), np.int64))
    with pytest.raises(UnwritableFileError, match="Toy cannot hold grey values of the type int64"):
        write_volume(tmp_path / "a.toy.gz", large.source, large)
    assert not (tmp_path / "a.toy.gz").exists()
    assert [("in the scanner" in note) for note in losses(tmp_path / "a.tif", like)] == [True]
    (tmp_path / "b.toy.gz").write_bytes(gzip.compress(b"no toy"))
    with pytest.raises(UnreadableFileError, match="it is a gzip archive, not a toy"):
        open_volume(tmp_path / "b.toy.gz")


def test_no_ending_of_an_image_is_asked_for_outside_of_the_formats() -> None:
    asked = re.compile(r"(endswith|removesuffix|suffix\b|suffixes\b).*[\"'(]\.?(tiff?|zarr|png|jpe?g)\b", re.IGNORECASE)
    program = Path(__file__).resolve().parents[2] / "desktop_app"
    found = [
        f"{path.relative_to(program)}: {line.strip()}"
        for path in sorted(program.rglob("*.py"))
        if "io/images" not in path.as_posix()
        for line in path.read_text(encoding="utf-8").splitlines()
        if asked.search(line)
    ]
    assert found == []
    assert asked.search('path.name.endswith(".zarr")')


def test_a_format_is_offered_in_the_window(qtbot: Any, toy_images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session, runner, window, offered = Session(), JobRunner(), QWidget(), []
    qtbot.addWidget(window)
    session.adopt(create_project(toy_images / "toys.vwproj", "Toys"))
    chosen = str(toy_images / "images" / "v0.toy.gz")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *a: (offered.append(a[3]), ([chosen], ""))[1])
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a: (offered.append(a[3]), ("", ""))[1])
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (offered.append(a[3]), ("", ""))[1])
    ProjectCommands(WindowContext(session, runner, RecordingNotifier(), window)).add_images()
    qtbot.waitUntil(lambda: not runner.jobs(), timeout=10_000)
    assert session.item is not None
    assert session.item.name == "v0"
    images = ImageCommands(WindowContext(session, runner, RecordingNotifier(), window))
    images.import_labels(session.item)
    session.save()
    images.export_labels(session.item)
    assert [("*.toy.gz" in kinds) for kinds in offered] == [True, True, True]
    session.close_project()


# --- labelling tool ---


@pytest.fixture
def stamping(tmp_path: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Viewer and panel over two classes, with a tool of our own in the table."""
    monkeypatch.setitem(TOOLS, STAMP.name, STAMP)
    bench = bench_for(CLASSES, tmp_path, RecordingNotifier(), qtbot)
    yield bench
    bench.session.close_project()
    bench.viewer.stop()


def test_a_tool_paints_by_its_options_and_is_undone(stamping: Bench) -> None:
    stamping.key(Qt.Key.Key_J)
    assert stamping.session.tool == "stamp"
    assert stamping.panel.tools.buttons["stamp"].isChecked()
    assert stamping.panel.controller.hint.startswith("Click: paint a square. Ctrl+click: empty it. Wheel: slice.")
    options = stamping.panel.options
    shown = [name for name, row in options.rows.items() if not row.isHidden()]
    assert shown == ["only_within", "only_empty", "edge_px", "reach", "through"]
    edge = options.editor("edge_px")
    assert isinstance(edge, QSpinBox)
    assert (edge.minimum(), edge.maximum(), edge.suffix()) == (1, 51, " px")
    edge.setValue(5)
    stamping.drag((20, 30))
    assert np.argwhere(stamping.labels).tolist() == [[3, y, x] for y in range(18, 23) for x in range(28, 33)]
    assert stamping.session.history is not None
    assert stamping.session.history.titles() == ["Stamp: Nucleus"]
    through = options.editor("through")
    assert isinstance(through, QCheckBox)
    through.click()
    stamping.drag((40, 30))
    assert stamping.labels[:, 40, 30].tolist() == [1] * 6
    stamping.drag((40, 30), keys=Qt.KeyboardModifier.ControlModifier)
    assert not stamping.labels[:, 40, 30].any()
    assert stamping.session.history.titles()[-1] == "Stamp"
    for _ in range(3):
        stamping.session.undo()
    assert not stamping.labels.any()


def test_a_tool_stands_in_menu_and_sheet(stamping: Bench, qtbot: Any) -> None:
    bar, sheet = QMenuBar(), ShortcutSheet(stamping.registry)
    for widget in (bar, sheet):
        qtbot.addWidget(widget)
    action = stamping.registry.action("tool.stamp")
    assert action.toolTip() == "Paint a square. (J)"
    assert "tool.stamp" in label_menu()
    assert {"Stamp", "Stamp: empty it"} <= set(sheet.shown())


def test_a_tool_for_volumes_is_not_offered_in_a_flat_image(
    stamping: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TOOLS, STAMP.name, replace(STAMP, volumes_only=True))
    flat = Volume.from_array(np.zeros((30, 40), np.uint8))
    write_volume(tmp_path / "flat.tif", flat.source, flat)
    assert stamping.session.project is not None
    project, item = stamping.session.project.with_item(str(tmp_path / "flat.tif"), "flat")
    stamping.session.update_project(project)
    stamping.session.set_tool("stamp")
    stamping.session.select_item(item.id)
    assert not stamping.registry.action("tool.stamp").isEnabled()
    assert stamping.session.tool == FIRST_TOOL
    stamping.session.select_item(project.items[0].id)
    assert stamping.registry.action("tool.stamp").isEnabled()


def test_no_tool_and_no_operation_is_named_outside_its_room() -> None:
    root = Path(desktop_app.__file__).parent
    rooms = {root / "core" / "labelling" / "tools": TOOLS, root / "objects" / "operations": OPERATIONS}
    quoted = {
        (path.relative_to(root).as_posix(), word)
        for path in root.rglob("*.py")
        for room, table in rooms.items()
        if room not in path.parents
        for word in re.findall(r"[\"']([a-z-]+)[\"']", path.read_text(encoding="utf-8"))
        if word in table
    }
    meant_otherwise = {
        ("gui/training/draft.py", "split"),  # of the images
        ("core/config/dataset.py", "split"),  # of the images
        ("cli/configurations.py", "split"),  # the same
        ("jobs/train/earlier_draws.py", "split"),  # the same
        ("objects/matching.py", "split"),  # what became of an object
        ("core/advice/mistakes.py", "split"),  # the same
        ("cli/models.py", "delete"),  # of a model
        ("jobs/objects/write_review.py", "pieces"),  # a column of a table
        ("jobs/get_ready.py", "polygon"),  # of a library
        ("jobs/get_ready.py", "renumber"),  # of a library
        ("core/config/base.py", "box"),  # a key of what a field tells
        ("core/imaging/drawn_box.py", "box"),  # the same
    }
    assert quoted - meant_otherwise == set()


# --- object operation ---


@pytest.fixture
def dimming(tmp_path: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Viewer and panel over numbered objects in an image of grey value 100, with an operation of our own."""
    monkeypatch.setitem(OPERATIONS, DIM.name, DIM)
    bench = bench_for(LabelScheme(), tmp_path, RecordingNotifier(), qtbot)
    bench.drag((20, 20))
    bench.session.set_active_value(2)
    bench.drag((20, 60))
    yield bench
    bench.session.close_project()
    bench.viewer.stop()


def answer(bench: Bench, limit: str, qtbot: Any) -> None:
    """Fill in the form of the toy, and wait for the edit."""
    dialog = bench.panel.operations.dialog
    assert dialog is not None
    field = dialog.form.editor("limit")
    assert isinstance(field, NumberField)
    field.setText("-1")
    assert not dialog.go.isEnabled()
    field.setText(limit)
    with qtbot.waitSignal(bench.session.history_changed):
        dialog.go.click()


def test_an_operation_is_begun_by_menu_and_form(dimming: Bench, qtbot: Any) -> None:
    assert "object.dim" in objects_menu()
    assert (
        dimming.registry.action("object.dim").toolTip()
        == "Removes voxels of objects where the image is dim. (Ctrl+Shift+D)"
    )
    before = dimming.labels.copy()
    menu = dimming.panel.point_menu.menu_for(ToolPoint(Plane.XY, 3, 20, 60))
    assert menu is not None
    next(action for action in menu.actions() if action.text() == "Remove dim voxels…").trigger()
    answer(dimming, "101", qtbot)
    assert np.unique(dimming.labels).tolist() == [0, 1]
    dimming.session.undo()
    np.testing.assert_array_equal(dimming.labels, before)
    dimming.do("object.dim")
    answer(dimming, "101", qtbot)
    assert not dimming.labels.any()
    assert dimming.session.history is not None
    assert dimming.session.history.undo_title == "Remove dim voxels"


@pytest.mark.parametrize("target", [Target.REGION, Target.LINE, Target.TWO_OBJECTS])
def test_an_operation_says_what_must_be_pointed_at(
    target: Target, dimming: Bench, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Pointed] = []

    def changes(scene: Scene, parameters: Any) -> Iterator[Change]:
        seen.append(scene.pointed)
        yield from DIM.changes(scene, parameters)

    offer = Offer("object.dim", "Dim", parameters=lambda scene: DIM.parameters(limit=101), at_once=True)
    monkeypatch.setitem(OPERATIONS, DIM.name, replace(DIM, targets=(target,), changes=changes, offers=(offer,)))
    if target is Target.TWO_OBJECTS:
        menu = dimming.panel.point_menu.menu_for(ToolPoint(Plane.XY, 3, 20, 20))
        assert menu is not None
        next(action for action in menu.actions() if action.text() == "Dim").trigger()
        assert seen[0].objects == (2, 1)
        assert not dimming.labels.any()
        return
    operations = dimming.panel.operations
    operations.start(OPERATIONS[DIM.name], offer)
    dimming.drag((10, 50), (30, 60), (30, 70))
    if target is Target.LINE:
        assert [place.voxel for place in seen[0].places] == [(3, 10, 50), (3, 30, 70)]
    else:
        assert seen[0].region == Region((3, 10, 50), (4, 31, 71))
        assert np.unique(dimming.labels).tolist() == [0, 1]


def test_an_operation_runs_on_a_file(
    toy_images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(OPERATIONS, DIM.name, DIM)
    labels, image = (str(toy_images / kind / "v0.toy.gz") for kind in ("labels", "images"))
    command = ["objects", "dim", "--labels", labels, "--out", str(tmp_path / "out.toy.gz")]
    assert run_command(command) == 2
    assert "--image" in capsys.readouterr().err
    limit = float(np.median(open_volume(Path(image)).read()))
    assert run_command([*command, "--image", image, "--set", f"limit={limit}", "--object", "2", "--json"]) == 0
    before, after = open_labels(Path(labels)).read(), open_labels(tmp_path / "out.toy.gz").read()
    dim = (open_volume(Path(image)).read() < limit) & (before == 2)
    np.testing.assert_array_equal(after, np.where(dim, 0, before))
    assert run_command(["objects", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "limit (dim) 100 0 or more Limit. Grey value; dimmer voxels go." in said


def test_an_operation_is_a_step_of_a_batch(qtbot: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(OPERATIONS, DIM.name, DIM)
    box = StepsBox()
    qtbot.addWidget(box)
    next(action for action in box.add_button.menu().actions() if action.text() == DIM.title).trigger()
    field = box.cards[0].form.editor("limit")
    assert isinstance(field, NumberField)
    field.setText("7")
    assert box.steps() == (ObjectStep(operation="dim", parameters={"limit": 7.0}),)
    assert steps_of(["dim limit=7"]) == box.steps()
    volume = Volume.from_array(np.array([[[5, 5, 9, 9]]], np.uint8))
    slab = (Region.whole((1, 1, 4)), np.array([[[1, 0, 2, 2]]], np.uint32))
    found = ChangedLabels(iter([slab]), {1: "Nucleus", 2: "Nucleus"})
    with after_steps(found, box.steps(), volume, tmp_path, RecordingContext()) as changed:
        assert [values.tolist() for _, values in changed.slabs] == [[[[0, 0, 2, 2]]]]
        assert changed.class_of == {2: "Nucleus"}
