"""What a command line leaves open is taken from the data, as in the window; what it says holds."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop_app.cli.configurations import inference_config, training_config
from desktop_app.cli.training_data import TrainingRequest
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.job import Note, RecordingContext
from desktop_app.io.images.registry import write_volume
from desktop_app.io.models import save_model
from desktop_app.io.projects import create_project
from desktop_app.jobs.data import sample_project
from desktop_app.jobs.train.inspect_data import inspect_dataset
from desktop_app.jobs.train.settings import suggest_training
from desktop_app.ml.data.split import split_by_image
from tests.cards import semantic_card

SMALL = PhantomParameters(shape=(12, 48, 48), nuclei=8, radius=6)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    for number in range(3):
        phantom = nuclei_phantom(SMALL, seed=number)
        for kind, voxels in (("images", phantom.image), ("labels", phantom.truth)):
            volume = Volume.from_array(voxels, voxel_size=phantom.voxel_size)
            write_volume(folder / kind / f"v{number}.tif", volume.source, volume)
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    card = semantic_card(
        name="nuclei",
        network="unet2d",
        network_arguments={"channels": 8},
        dimensions=2,
        patch_size=(1, 32, 32),
        divisor=(1, 8, 8),
        decode={"threshold": 0.6},
    )
    save_model(tmp_path / "nuclei.vwmodel", card, {"a": np.zeros(2, np.float32)}, None)
    return tmp_path / "nuclei.vwmodel"


def test_minutes_take_the_place_of_steps(dataset: Path) -> None:
    request = TrainingRequest(dataset, Path("runs/first"), assignments=("optimisation.minutes=15",))
    assert training_config(request, RecordingContext()).optimisation.minutes == 15


def test_few_images_are_better_checked_in_turn(dataset: Path, tmp_path: Path) -> None:
    context = RecordingContext()
    training_config(TrainingRequest(dataset, tmp_path / "run"), context)
    assert any(note.text.endswith("Add --folds 3 for that.") for note in context.of_kind(Note))
    chosen = RecordingContext()
    request = TrainingRequest(dataset, tmp_path / "run", assignments=("dataset.split.folds=3",))
    assert training_config(request, chosen).dataset.split.folds == 3
    assert not any("--folds" in note.text for note in chosen.of_kind(Note))


def test_without_settings_it_is_what_the_wizard_suggests(dataset: Path) -> None:
    config = training_config(TrainingRequest(dataset, Path("runs/first")), RecordingContext())
    report = inspect_dataset(config.dataset, RecordingContext())
    suggested = suggest_training(report, config.dataset, "objects3d")
    assert config == suggested.model_copy(update={"name": "first", "output": str(Path("runs/first"))})
    assert len(config.dataset.pairs) == 3


def test_single_settings_win(dataset: Path) -> None:
    request = TrainingRequest(dataset, Path("r"), device="cpu", assignments=("iterations=7", "dataset.split.seed=5"))
    config = training_config(request, RecordingContext())
    assert (config.optimisation.iterations, config.dataset.split.seed, config.device) == (7, 5, "cpu")


def test_classes_that_are_named_are_learned_and_the_others_told(tmp_path: Path) -> None:
    for number, value in enumerate((1, 7)):
        phantom = nuclei_phantom(SMALL, seed=number)
        classes = (phantom.truth > 0).astype(np.uint8) * value
        for kind, voxels in (("images", phantom.image), ("labels", classes)):
            volume = Volume.from_array(voxels, voxel_size=phantom.voxel_size)
            write_volume(tmp_path / kind / f"v{number}.tif", volume.source, volume)
    context = RecordingContext()
    told = ("dataset.kind=classes", "dataset.class_values=[1]")
    config = training_config(TrainingRequest(tmp_path, tmp_path / "run", assignments=told), context)
    assert config.dataset.class_values == (1,)
    assert config.dataset.class_names == ("Class 1",)
    assert any("7 (first in v1)" in note.text for note in context.of_kind(Note))
    named = (*told, "dataset.class_names=Axon")
    config = training_config(TrainingRequest(tmp_path, tmp_path / "run", assignments=named), RecordingContext())
    assert config.dataset.class_names == ("Axon",)


def test_a_class_of_few_images_is_shared_out_as_in_the_window(tmp_path: Path) -> None:
    for number in range(5):
        classes = np.zeros((1, 32, 32), np.uint8)
        classes[:, :8], classes[:, 20:] = 1, 7 if number in (1, 3) else 0
        for kind in ("images", "labels"):
            volume = Volume.from_array(classes * 9 + np.arange(32, dtype=np.uint8) if kind == "images" else classes)
            write_volume(tmp_path / kind / f"v{number}.tif", volume.source, volume)
    told = []
    for seed in range(6):
        context, said = RecordingContext(), ("dataset.kind=classes", f"dataset.split.seed={seed}")
        dataset = training_config(TrainingRequest(tmp_path, tmp_path / "run", assignments=said), context).dataset
        assert [pair.classes for pair in dataset.pairs][:2] == [(1,), (1, 7)]
        parts = split_by_image(dataset.pairs, dataset.split, classes=dataset.class_values)
        assert {parts[1], parts[3]} == {"train", "validation"}
        told += [note.text for note in context.of_kind(Note) if note.text.endswith("that class 7 can be scored.")]
    assert told


def test_pairs_that_cannot_be_used_stay_out_and_are_named(dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(dataset, folder)
    (folder / "images" / "v1.tif").write_bytes(b"")
    ctx = RecordingContext()
    config = training_config(TrainingRequest(folder, Path("r")), ctx)
    assert [pair.role for pair in config.dataset.pairs] == ["auto", "unused", "auto"]
    notes = [event.text for event in ctx.events if isinstance(event, Note)]
    assert any("v1.tif" in text for text in notes)
    assert "Left out of the training: v1." in notes
    for number in (0, 2):
        (folder / "labels" / f"v{number}.tif").write_bytes(b"")
    with pytest.raises(UserError, match="None of the images"):
        training_config(TrainingRequest(folder, Path("r")), RecordingContext())


def test_a_long_folder_name_makes_a_shorter_model_name(dataset: Path) -> None:
    config = training_config(TrainingRequest(dataset, Path("r" * 200)), RecordingContext())
    assert config.name == "r" * 120
    assert config.output == "r" * 200


def test_a_wrong_combination_is_said_without_jargon(dataset: Path) -> None:
    request = TrainingRequest(dataset, Path("r"), assignments=("patch_size=0,0,0",))
    with pytest.raises(UserError, match=r"^The configuration is not valid: the patch size must be 1 or more"):
        training_config(request, RecordingContext())


def test_a_flat_network_gets_a_flat_patch(dataset: Path) -> None:
    config = training_config(TrainingRequest(dataset, Path("r"), network="unet2d"), RecordingContext())
    assert (config.network, config.patch_size[0]) == ("unet2d", 1)


def test_regions_take_the_labels_as_classes(dataset: Path) -> None:
    config = training_config(TrainingRequest(dataset, Path("r"), goal="regions"), RecordingContext())
    assert config.dataset.kind == "classes"


def test_finetuning_takes_the_models_network_and_a_low_rate(dataset: Path, model: Path) -> None:
    config = training_config(TrainingRequest(dataset, Path("r"), start_from=str(model)), RecordingContext())
    assert (config.network, config.network_arguments, config.start_from) == ("unet2d", {"channels": 8}, str(model))
    assert config.optimisation.learning_rate == pytest.approx(2e-4)
    assert config.optimisation.optimiser == "adamw"


def test_regions_and_objects_learn_by_muon_at_the_usual_rate(dataset: Path) -> None:
    config = training_config(TrainingRequest(dataset, Path("r"), recipe="semantic"), RecordingContext())
    assert (config.optimisation.optimiser, config.optimisation.learning_rate) == ("muon", 2e-3)
    for other in ({"recipe": "embedding"}, {"network": "vnet2d"}, {"network": "mednext2d"}):
        config = training_config(TrainingRequest(dataset, Path("r"), **other), RecordingContext())
        assert config.optimisation.optimiser == "adamw"


def test_the_file_of_an_earlier_run_gives_the_same_run_elsewhere(dataset: Path, tmp_path: Path) -> None:
    first = training_config(TrainingRequest(dataset, Path("first"), assignments=("iterations=9",)), RecordingContext())
    file = tmp_path / "config.json"
    file.write_text(first.model_dump_json())
    again = training_config(TrainingRequest(out=Path("second"), config=file), RecordingContext())
    assert again == first.model_copy(update={"output": "second"})


def test_a_part_of_a_file_leaves_the_rest_to_the_data(dataset: Path, tmp_path: Path, model: Path) -> None:
    (tmp_path / "mine.json").write_text('{"optimisation": {"iterations": 7}, "seed": 3}')
    for more in ({}, {"recipe": "panoptic"}, {"start_from": str(model)}):
        plain = training_config(TrainingRequest(dataset, Path("runs/a"), **more), RecordingContext())
        request = TrainingRequest(dataset, Path("runs/a"), config=tmp_path / "mine.json", **more)
        config = training_config(request, RecordingContext())
        rates = plain.optimisation.model_copy(update={"iterations": 7})
        wanted = plain.model_copy(update={"optimisation": rates, "seed": 3})
        assert config == wanted


def test_a_model_to_finetune_settles_the_network_of_a_file(dataset: Path, tmp_path: Path, model: Path) -> None:
    first = training_config(TrainingRequest(dataset, Path("runs/first"), goal="objects2d"), RecordingContext())
    assert first.network_arguments["channels"] != 8
    (tmp_path / "config.json").write_text(first.model_dump_json())
    request = TrainingRequest(config=tmp_path / "config.json", out=Path("runs/tuned"), start_from=str(model))
    tuned = training_config(request, RecordingContext())
    assert (tuned.network, tuned.network_arguments, tuned.start_from) == ("unet2d", {"channels": 8}, str(model))
    assert tuned.patch_size == first.patch_size


def test_a_project_gives_its_labelled_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_project, "_LABELLED_VOLUME", SMALL)
    monkeypatch.setattr(sample_project, "_UNSEEN_VOLUME", SMALL)
    sample = sample_project.sample_project(tmp_path, RecordingContext())
    config = training_config(TrainingRequest(sample.project, Path("r")), RecordingContext())
    assert [pair.name for pair in config.dataset.pairs] == [f"nuclei_{n + 1}" for n in range(sample_project.LABELLED)]
    assert config.dataset.class_names == ("Nucleus",)


def test_one_time_point_of_movies_is_learned_from(tmp_path: Path) -> None:
    phantom = nuclei_phantom(SMALL, seed=1)
    for kind, voxels in (("images", phantom.image), ("labels", phantom.truth)):
        movie = Volume.of_times(np.stack([voxels[None]] * 2), voxel_size=phantom.voxel_size)
        write_volume(tmp_path / kind / "a.tif", movie.source, movie)
    config = training_config(TrainingRequest(tmp_path, Path("r"), time=1), RecordingContext())
    assert [pair.time for pair in config.dataset.pairs] == [1]
    config = training_config(TrainingRequest(tmp_path, Path("r"), time=(0, 1)), RecordingContext())
    assert [pair.time for pair in config.dataset.pairs] == [0, 1]
    config = training_config(TrainingRequest(tmp_path, Path("r")), RecordingContext())
    assert [pair.time for pair in config.dataset.pairs] == [None]


def test_problems_of_the_data_are_told(dataset: Path, tmp_path: Path) -> None:
    for kind in ("images", "labels"):
        (tmp_path / kind).mkdir()
        for file in (dataset / kind).iterdir():
            (tmp_path / kind / file.name).write_bytes(file.read_bytes())
    (tmp_path / "labels" / "v1.tif").write_bytes(b"nothing")
    ctx = RecordingContext()
    training_config(TrainingRequest(tmp_path, Path("r")), ctx)
    assert any(note.level == "error" and "v1" in note.text for note in ctx.of_kind(Note))


@pytest.mark.parametrize("content", ["{", "[]", '{"iterations": 3}'])
def test_wrong_files_of_settings_are_named(content: str, tmp_path: Path) -> None:
    file = tmp_path / "my.json"
    file.write_text(content)
    with pytest.raises(UserError, match=r"my\.json|configuration"):
        training_config(TrainingRequest(out=Path("r"), config=file), RecordingContext())


def test_inference_starts_from_the_models_own_settings(model: Path) -> None:
    config = inference_config(str(model), [Path("a.tif")], Path("out"), "auto", None, None, False, ["memory_gb=1"])
    assert (config.decode, config.tiling.memory_gb, config.resume) == ({"threshold": 0.6}, 1.0, False)
    config = inference_config(str(model), [Path("a")], Path("o"), "slice", "cpu", None, True, ["threshold=0.3"])
    assert (config.decode["threshold"], config.mode, config.device) == (0.3, "slice", "cpu")


def test_inference_says_which_setting_is_out_of_bounds(model: Path) -> None:
    with pytest.raises(UserError, match="threshold=2"):
        inference_config(str(model), [Path("a")], Path("o"), "auto", None, None, True, ["threshold=2"])


def test_a_project_without_labels_says_where_to_label(tmp_path: Path) -> None:
    create_project(tmp_path / "new.vwproj", "New").close()
    with pytest.raises(UserError) as error:
        training_config(TrainingRequest(tmp_path / "new.vwproj", Path("r")), RecordingContext())
    assert "Open the project" in error.value.hint


def test_a_recipe_that_does_not_serve_the_goal_is_refused_with_what_it_serves(dataset: Path) -> None:
    with pytest.raises(UserError, match="“panoptic” does not serve the goal “objects2d”") as caught:
        training_config(TrainingRequest(dataset, Path("r"), goal="objects2d", recipe="panoptic"), RecordingContext())
    assert "organelles" in caught.value.hint


@pytest.mark.parametrize(
    "said", [{"goal": "organelles"}, {"recipe": "panoptic"}, {"network": "panoptic_deeplab", "recipe": "panoptic"}]
)
def test_panoptic_settings_follow_from_the_goal_the_recipe_or_the_network(dataset: Path, said: dict[str, str]) -> None:
    request = TrainingRequest(dataset, Path("r"), assignments=("finetune_layers=none", "stuff=A,B"), **said)  # type: ignore[arg-type]
    config = training_config(request, RecordingContext())
    assert config.recipe == "panoptic"
    assert config.network == said.get("network", config.network)
    assert config.optimisation.schedule == "one_cycle"
    assert config.recipe_parameters == {"downsampling": 1, "finetune_layers": "none", "stuff": ("A", "B")}
    assert config.patch_size[0] == 1


def test_a_network_of_another_method_is_refused(dataset: Path) -> None:
    with pytest.raises(UserError, match="does not go with the method"):
        training_config(TrainingRequest(dataset, Path("r"), goal="organelles", network="unet2d"), RecordingContext())


def test_epochs_are_said_in_place_of_steps(dataset: Path) -> None:
    ctx = RecordingContext()
    request = TrainingRequest(
        dataset, Path("r"), assignments=("optimisation.batch_size=2", "validation=0"), epochs=10, samples=4
    )
    config = training_config(request, ctx)
    assert config.optimisation.iterations == 60
    told = [note.text for note in ctx.of_kind(Note)]
    assert "10 epochs of 3 images with 4 samples each are 60 training steps." in told
    checked = training_config(replace(request, check_every=2), ctx)
    assert (config.validation.every, checked.validation.every) == (12, 12)
    assert training_config(replace(request, check_every=5), ctx).validation.every == 30


@pytest.mark.parametrize(
    ("said", "option"), [({"samples": 3}, "--samples-per-image"), ({"check_every": 2}, "--check-every")]
)
def test_what_is_said_of_epochs_goes_with_them(dataset: Path, said: dict[str, Any], option: str) -> None:
    with pytest.raises(UserError, match=f"{option} goes with --epochs"):
        training_config(TrainingRequest(dataset, Path("r"), **said), RecordingContext())


def test_images_for_checking_are_the_only_ones_with_a_file_of_settings_too(dataset: Path, tmp_path: Path) -> None:
    first = training_config(TrainingRequest(dataset, tmp_path / "first"), RecordingContext())
    file = tmp_path / "config.json"
    file.write_text(first.model_dump_json())
    checks = tmp_path / "checks"
    shutil.copytree(dataset, checks)
    request = TrainingRequest(dataset, tmp_path / "second", config=file, validation=checks)
    found = training_config(request, RecordingContext()).dataset
    assert found.split.validation == 0
    assert [pair.role for pair in found.pairs] == ["auto"] * 3 + ["validation"] * 3


@pytest.mark.parametrize(
    "changes", [{"also": ("more",)}, {"validation": Path("more")}, {"groups": "x"}, {"labels": Path("more")}]
)
def test_what_is_about_images_goes_with_a_data_set(dataset: Path, tmp_path: Path, changes: dict[str, object]) -> None:
    file = tmp_path / "config.json"
    file.write_text(training_config(TrainingRequest(dataset, tmp_path / "first"), RecordingContext()).model_dump_json())
    request = TrainingRequest(out=tmp_path / "second", config=file, **changes)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=f"--{next(iter(changes))} goes with --dataset"):
        training_config(request, RecordingContext())


def test_what_labels_mean_follows_from_the_data_with_settings_of_another_program(tmp_path: Path) -> None:
    for number in range(3):
        labels = np.zeros((8, 24, 24), np.uint8)
        labels[2:6, 4:12, 4:12], labels[2:6, 14:20, 14:20] = 2, 5
        for kind, voxels in (("images", labels * 20), ("labels", labels)):
            volume = Volume.from_array(voxels)
            write_volume(tmp_path / "data" / kind / f"v{number}.tif", volume.source, volume)
    file = tmp_path / "cur_task_setting.json"
    file.write_text('{"tsk_set": {"method_name": "seg_unet"}, "dataset": {"seg": {"patch_size": [8, 16, 16]}}}')
    request = TrainingRequest(tmp_path / "data", tmp_path / "run", goal="regions", config=file)
    found = training_config(request, RecordingContext())
    assert (found.network, found.patch_size) == ("easyreg_unet3d", (8, 16, 16))
    assert (found.dataset.kind, found.dataset.class_values) == ("classes", (2, 5))


@pytest.mark.parametrize(
    ("said", "values", "names"),
    [((), (2, 9), ("Cortex", "Class 9")), (("dataset.class_values=5",), (5,), ("Class 5",))],
)
def test_labels_that_easyreg_is_interested_in_are_learned_alone(
    tmp_path: Path, said: tuple[str, ...], values: tuple[int, ...], names: tuple[str, ...]
) -> None:
    for number in range(3):
        labels = np.zeros((8, 24, 24), np.uint8)
        labels[2:6, 4:12, 4:12], labels[2:6, 14:20, 14:20], labels[2:6, 14:20, 2:8] = 2, 5, 9
        for kind, voxels in (("images", labels * 20), ("labels", labels)):
            volume = Volume.from_array(voxels)
            write_volume(tmp_path / "data" / kind / f"v{number}.tif", volume.source, volume)
    (tmp_path / "data" / "dataset.json").write_text('{"labels": {"background": 0, "Cortex": 2}}')
    file = tmp_path / "cur_task_setting.json"
    file.write_text('{"tsk_set": {"method_name": "seg_unet"}, "dataset": {"seg": {"interested_label_list": [2, 9]}}}')
    ctx = RecordingContext()
    found = training_config(TrainingRequest(tmp_path / "data", tmp_path / "run", config=file, assignments=said), ctx)
    assert (found.dataset.kind, found.dataset.class_values, found.dataset.class_names) == ("classes", values, names)
    told = [note.text for note in ctx.of_kind(Note)]
    assert any(text.startswith("interested_label_list: of class labels 2, 9 alone are learned") for text in told)


def test_what_is_said_beside_epochs_holds(dataset: Path, tmp_path: Path) -> None:
    said = ("validation.every=7", "fall_every=11")
    request = TrainingRequest(dataset, tmp_path / "run", epochs=20, assignments=said)
    found = training_config(request, RecordingContext())
    assert (found.validation.every, found.optimisation.fall_every) == (7, 11)
    both = TrainingRequest(dataset, tmp_path / "run", epochs=20, assignments=("iterations=3",))
    with pytest.raises(UserError, match="both say how long to learn"):
        training_config(both, RecordingContext())
