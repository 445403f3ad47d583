"""Models of another program arrive with their weights, classes and grey values, and give the same maps."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch

from desktop_app.cli.app import run_command
from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.job import JobCancelled, Progress, RecordingContext
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.io.models import load_card, read_weights, verify_model
from desktop_app.io.models.catalogue import load_catalogue
from desktop_app.jobs.models.import_foreign import DescriptionNeededError, ForeignImport, import_foreign, is_foreign
from desktop_app.jobs.models.library import import_model
from desktop_app.ml.inference.loading import load_predictor
from tests.io.models.torch_files import repacked
from tests.jobs.foreign_models import (
    ARGUMENTS,
    tiny_network,
    write_checkpoint,
    write_description,
    write_exported,
    write_packed,
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_exported(tmp_path_factory.mktemp("exported") / "tiny.pth")


@pytest.fixture
def source(exported: Path, tmp_path: Path) -> Path:
    """Weights with their description beside them."""
    path = tmp_path / "from" / "tiny.pth"
    path.parent.mkdir()
    path.write_bytes(exported.read_bytes())
    write_description(path.with_suffix(".yaml"))
    return path


def imported(source: Path, folder: Path, **more: Any) -> Path:
    return import_foreign(ForeignImport(source, **more), folder, RecordingContext())


def test_weights_and_description_make_a_model(source: Path, tmp_path: Path) -> None:
    ctx = RecordingContext()
    place = import_foreign(ForeignImport(source), tmp_path / "models", ctx)
    card = load_card(place)
    verify_model(place)
    assert (place.name, card.name, card.description) == ("tiny.vwmodel", "tiny", "Mitochondria of phantoms.")
    assert (card.recipe, card.network, card.dimensions) == ("panoptic", "panoptic_bifpn", 2)
    assert card.network_arguments == {**ARGUMENTS, "folded": True}
    assert (card.input_channels, card.output_channels, card.class_names) == (1, 1, ("mito",))
    assert card.normalisation == Normalisation(kind="range", mean=0.57571, std=0.12765)
    assert (card.divisor, card.patch_size) == ((1, 128, 128), (1, 256, 256))
    decode = PanopticDecode.model_validate(card.decode)
    assert (decode.confidence, decode.centre_threshold, decode.centre_distance) == (0.4, 0.2, 7)
    assert ctx.of_kind(Progress)[-1].fraction == 1


def test_the_model_gives_the_maps_of_the_original(source: Path, tmp_path: Path) -> None:
    predictor = load_predictor(imported(source, tmp_path / "models"), "cpu")
    image = torch.randn(1, 1, 128, 128, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        theirs, ours = tiny_network()(image), predictor.network(image)
    assert set(theirs) == set(ours) == {"sem_logits", "ctr_hmp", "offsets"}
    for name, values in theirs.items():
        assert float(values.std()) > 0
        np.testing.assert_allclose(ours[name].numpy(), values.numpy(), rtol=0, atol=1e-4 * float(values.abs().max()))


def test_a_packed_model(source: Path, tmp_path: Path) -> None:
    packed = write_packed(tmp_path / "Mine.empanada", source, source.with_suffix(".yaml"))
    place = import_model(packed, tmp_path / "models")
    assert load_card(place).name == "Mine"
    assert not list((tmp_path / "models").glob(".*"))


def test_a_training_checkpoint_needs_no_description(tmp_path: Path) -> None:
    card = load_card(imported(write_checkpoint(tmp_path / "run.pth.tar"), tmp_path / "models"))
    assert (card.name, card.class_names) == ("run", ("Object",))
    assert not card.network_arguments["folded"]
    assert (card.normalisation.mean, card.normalisation.std) == (0.5, 0.2)


def test_an_old_checkpoint(tmp_path: Path) -> None:
    new = write_checkpoint(tmp_path / "new.pth.tar")
    torch.save(torch.load(new, weights_only=True), tmp_path / "old.pth.tar", _use_new_zipfile_serialization=False)
    cards = [load_card(imported(tmp_path / f"{name}.pth.tar", tmp_path / "models")) for name in ("new", "old")]
    assert cards[0].weights_sha256 == cards[1].weights_sha256


def test_an_old_checkpoint_with_code_is_refused(tmp_path: Path) -> None:
    torch.save({"a": Path}, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    with pytest.raises(UnreadableFileError, match="more than numbers and text"):
        imported(tmp_path / "old.pth", tmp_path / "models")


def test_a_name_of_ones_own_and_a_taken_name(source: Path, tmp_path: Path) -> None:
    first, second = (imported(source, tmp_path / "models", name="My: model") for _ in range(2))
    assert (first.name, second.name) == ("My_ model.vwmodel", "My_ model (2).vwmodel")
    assert load_card(second).name == "My: model"


def test_a_description_elsewhere(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(DescriptionNeededError, match=r"no description of the model beside tiny\.pth"):
        imported(exported, tmp_path / "models")
    other = write_description(tmp_path / "other.yaml", class_names={1: "nuclei"})
    assert load_card(imported(exported, tmp_path / "models", description=other)).class_names == ("nuclei",)


@pytest.mark.parametrize("told", ["/somewhere/else/tiny.pth", "https://a.org/files/tiny.pth?download=1", None])
def test_a_description_leads_to_its_weights(source: Path, tmp_path: Path, told: str | None) -> None:
    description = write_description(source.with_suffix(".yaml"), model=told, class_names={1: "nuclei"})
    card = load_card(import_model(description, tmp_path / "models"))
    assert (card.name, card.class_names) == ("tiny", ("nuclei",))


def test_a_description_may_lie_elsewhere(exported: Path, tmp_path: Path) -> None:
    description = write_description(tmp_path / "Mine.yml", model=str(exported))
    assert load_card(import_model(description, tmp_path / "models")).name == "Mine"


def test_a_description_without_its_weights_says_where_they_are(tmp_path: Path) -> None:
    description = write_description(tmp_path / "far.yaml", model="https://a.org/far.pth?download=1")
    with pytest.raises(
        UnreadableFileError, match=r"the weights far\.pth that it describes are not beside it"
    ) as caught:
        import_model(description, tmp_path / "models")
    assert "https://a.org/far.pth?download=1" in caught.value.hint


def test_a_published_model_is_known_by_its_file_name(exported: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "MitoNet_v1_mini.pth"
    renamed.write_bytes(exported.read_bytes())
    entry = load_catalogue().entry("mitonet_V1_mini")
    assert entry is not None
    card = load_card(imported(renamed, tmp_path / "models"))
    assert (card.name, card.licence) == (entry.title, entry.licence)
    assert "10.1016/j.cels.2022.12.006" in card.citation
    assert card.training["catalogue"] == "MitoNet_v1_mini"


def test_several_classes_with_and_without_objects(tmp_path: Path) -> None:
    source = write_exported(tmp_path / "many.pth", outputs=4)
    more = {"labels": [2, 1, 5], "class_names": {1: "ER", 2: "mito", 5: "ER"}, "thing_list": [2], "padding_factor": 48}
    write_description(tmp_path / "many.yaml", **more)
    card = load_card(imported(source, tmp_path / "models"))
    assert (card.class_names, card.class_values, card.output_channels) == (("mito", "ER", "ER 5"), (1, 2, 3), 4)
    assert tuple(card.recipe_parameters["stuff"]) == ("ER", "ER 5")
    assert card.divisor == (1, 384, 384)


def test_a_description_of_another_model_is_refused(source: Path, tmp_path: Path) -> None:
    write_description(source.with_suffix(".yaml"), labels=[1, 2, 3])
    with pytest.raises(UserError, match=r"tiny\.pth finds 1 kinds of structure, but tiny\.yaml names 3"):
        imported(source, tmp_path / "models")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("labels: [1]\n", "tiny.yaml is not valid at “norms”"),
        ("labels: [1]\nnorms: {mean: 120, std: 3}\n", "norms.mean"),
        ("norms: {mean: 0.5, std: 0.1}\n", "labels"),
        ("- 1\n", "does not describe a model"),
        ("a: [\n", "not a readable description"),
        ("a: !!python/object/apply:os.system ['touch /tmp/x']\n", "not a readable description"),
        ("\0", "not a readable description"),
    ],
)
def test_a_wrong_description_is_explained(source: Path, tmp_path: Path, text: str, words: str) -> None:
    source.with_suffix(".yaml").write_text(text)
    with pytest.raises(UserError) as caught:
        imported(source, tmp_path / "models")
    assert words in caught.value.message


def test_bounds_that_hold_here_are_kept(source: Path, tmp_path: Path) -> None:
    engine = {"confidence_thr": 0.99, "nms_kernel": 301, "nms_threshold": 0}
    write_description(source.with_suffix(".yaml"), FINETUNE={"engine_params": engine})
    decode = load_card(imported(source, tmp_path / "models")).decode
    assert (decode["confidence"], decode["centre_distance"], decode["centre_threshold"]) == (0.95, 63, 0.01)


def test_encoder_weights_are_no_model(tmp_path: Path) -> None:
    state = {"module.conv1.weight": torch.ones(1), "module.layer1.0.conv1.weight": torch.ones(1)}
    torch.save({"state_dict": state, "norms": [0.5, 0.1]}, tmp_path / "cem.pth.tar")
    with pytest.raises(UserError, match="weights of an encoder"):
        imported(tmp_path / "cem.pth.tar", tmp_path / "models")


def test_another_network_is_refused_by_name(tmp_path: Path) -> None:
    torch.save({"conv.weight": torch.ones(1)}, tmp_path / "other.pth")
    with pytest.raises(UserError, match=r"other\.pth cannot be converted"):
        imported(tmp_path / "other.pth", tmp_path / "models")
    assert not (tmp_path / "models").exists()


class Evil:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.mkdir, (self.marker,)


def test_code_in_a_model_is_not_run(source: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    repacked(source, tmp_path / "from" / "evil.pth", {"data.pkl": pickle.dumps(Evil(marker))})
    with pytest.raises(UserError, match="refused"):
        imported(tmp_path / "from" / "evil.pth", tmp_path / "models")
    assert not marker.exists()


def test_packed_models_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "x.empanada"
    path.write_text("hello")
    with pytest.raises(UnreadableFileError, match="it is text"):
        imported(path, tmp_path / "models")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../x.yaml", "labels: [1]")
    with pytest.raises(UnreadableFileError, match="no model with its description"):
        imported(path, tmp_path / "models")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UnreadableFileError, match="cut off"):
        imported(path, tmp_path / "models")
    with pytest.raises(UnreadableFileError, match="no such file"):
        imported(tmp_path / "gone.empanada", tmp_path / "models")


def test_names_in_a_packed_model_cannot_lead_out(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.empanada"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(source, "../../out.pth")
        archive.write(source.with_suffix(".yaml"), "..\\..\\out.yaml")
    before = set(tmp_path.rglob("out*"))
    assert imported(path, tmp_path / "models").name == "x.vwmodel"
    assert set(tmp_path.rglob("out*")) == before


def test_a_cancel_leaves_nothing(source: Path, tmp_path: Path) -> None:
    for after in (1, 2):
        with pytest.raises(JobCancelled):
            import_foreign(ForeignImport(source), tmp_path / "models", RecordingContext(cancel_after=after))
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("name", "foreign"),
    [
        ("a.pth", True),
        ("a.PTH.TAR", True),
        ("a.empanada", True),
        ("a.yaml", True),
        ("a.vwmodel", False),
        ("a.zip", False),
    ],
)
def test_foreign_files_are_known_by_their_ending(tmp_path: Path, name: str, foreign: bool) -> None:
    assert is_foreign(tmp_path / name) is foreign


@pytest.mark.slow
def test_an_imported_model_can_be_finetuned(source: Path, tmp_path: Path) -> None:
    model = imported(source, tmp_path / "models")
    rows, columns = np.mgrid[:128, :128]
    for number in range(4):
        mask = ((rows - 40 - 8 * number) ** 2 + (columns - 60) ** 2 < 300).astype(np.uint8)
        for kind, picture in (("images", 60 + 120 * mask), ("masks", mask)):
            (tmp_path / "data" / "cells" / kind).mkdir(parents=True, exist_ok=True)
            tifffile.imwrite(tmp_path / "data" / "cells" / kind / f"{number}.tif", picture.astype(np.uint8))
    settings = {"optimisation.iterations": 2, "optimisation.batch_size": 2, "validation.every": 2}
    changes = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    run = tmp_path / "run"
    assert run_command([
        "train", "--dataset", str(tmp_path / "data"), "--from", str(model), "--out", str(run), "--device", "cpu",
        "--set", "patch_size=1,128,128", *changes,
    ]) == 0  # fmt: skip
    before, after = read_weights(model), read_weights(next(run.glob("*.vwmodel")))
    assert set(before) == set(after)
    changed = {name.split(".")[0] for name in before if not np.array_equal(before[name], after[name])}
    assert "semantic_head" in changed
    assert "encoder" not in changed
