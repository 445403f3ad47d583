"""The batch wizard with models that go through images in several ways."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.gui.inference.batch_draft import BatchDraft, BatchSettings
from desktop_app.gui.inference.batch_wizard import BatchWizard
from desktop_app.gui.inference.batch_words import direction_files
from desktop_app.gui.inference.model_modes import fields_in, modes_to_choose, slice_mode, usual_mode
from desktop_app.gui.session.session import Session
from tests.gui.inference.conftest import CARD, PANOPTIC, FakeModel, Hint, MakeWizard, write_image


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a.tif", "b.tif"):
        write_image(folder / name)
    return folder


def go_to_parameters(qtbot: QtBot, wizard: BatchWizard) -> None:
    for _ in range(2):
        qtbot.waitUntil(lambda: not wizard.page.problems())
        wizard.next_button.click()
    assert wizard.page is wizard.parameters_page


def run(qtbot: QtBot, wizard: BatchWizard, model: FakeModel) -> InferenceConfig:
    while wizard.page is not wizard.run_page:
        qtbot.waitUntil(lambda: not wizard.page.problems())
        wizard.next_button.click()
    qtbot.waitUntil(lambda: bool(model.configs))
    return model.configs[-1]


def test_the_defaults_run_a_stack(qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel) -> None:
    model.cards["Nuclei"] = PANOPTIC
    config = run(qtbot, make_wizard(inputs=(images,)), model)
    assert (config.mode, config.prediction, config.replicas) == ("stack", {"downsampling": 2}, 1)
    assert config.decode == PANOPTIC.decode


def test_three_directions_with_their_files(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel
) -> None:
    model.cards["Nuclei"] = PANOPTIC
    wizard = make_wizard(inputs=(images,))
    go_to_parameters(qtbot, wizard)
    page = wizard.parameters_page
    decode = page.forms.decode
    assert decode is not None
    assert page.modes.isVisible()
    assert "followed through the slices" in page.modes.summary.text()
    assert not decode.editor("votes").isVisibleTo(decode)
    page.modes.choose("ortho")
    assert "three times as long" in page.modes.summary.text()
    assert decode.editor("votes").isVisibleTo(decode)
    page.forms.change({"downsampling": 4}, {"votes": 1, "keep_directions": True})
    wizard.next_button.click()
    words = wizard.outputs_page.summary.text()
    assert "(three directions)" in words
    assert "_xy, _xz and _yz" in words
    wizard.outputs_page.devices.setCurrentIndex(wizard.outputs_page.devices.findData("all"))
    wizard.outputs_page.replicas.setValue(3)
    config = run(qtbot, wizard, model)
    assert (config.mode, config.device, config.replicas) == ("ortho", "all", 3)
    assert config.prediction["downsampling"] == 4
    assert (config.decode["votes"], config.decode["keep_directions"]) == (1, True)


def test_models_with_one_way_show_no_choice(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel
) -> None:
    wizard = make_wizard(inputs=(images,))
    go_to_parameters(qtbot, wizard)
    assert not wizard.parameters_page.modes.isVisible()
    assert wizard.parameters_page.forms.prediction_values() == {
        "turned": False,
        "uncertainty": False,
        "shrink": 1.0,
        "shrink_z": 1.0,
        "resample": False,
    }
    config = run(qtbot, wizard, model)
    assert (config.mode, config.prediction) == ("auto", {})


def test_single_pictures_are_seen_one_by_one_without_a_question(
    qtbot: QtBot, make_wizard: MakeWizard, tmp_path: Path, model: FakeModel
) -> None:
    model.cards["Nuclei"] = PANOPTIC
    folder = tmp_path / "flat"
    folder.mkdir()
    write_image(folder / "a.tif", (1, 32, 32))
    wizard = make_wizard(inputs=(folder,))
    go_to_parameters(qtbot, wizard)
    assert not wizard.parameters_page.modes.isVisible()
    assert run(qtbot, wizard, model).mode == "slice"


def test_a_suggestion_sets_mode_and_values(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel
) -> None:
    model.cards["Nuclei"], model.hint = PANOPTIC, Hint()
    wizard = make_wizard(inputs=(images,))
    go_to_parameters(qtbot, wizard)
    page = wizard.parameters_page
    assert page.suggestions.isVisible()
    page.suggestions.apply_button.click()
    assert not page.suggestions.isVisible()
    config = run(qtbot, wizard, model)
    assert (config.mode, config.prediction["downsampling"], config.decode["median"]) == ("ortho", 4, 7)
    assert config.decode["confidence"] == 0.4


def test_without_taking_it_a_suggestion_changes_nothing(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel
) -> None:
    model.cards["Nuclei"], model.hint = PANOPTIC, Hint()
    config = run(qtbot, make_wizard(inputs=(images,)), model)
    assert (config.mode, config.prediction, config.decode) == ("stack", PANOPTIC.prediction, PANOPTIC.decode)


def test_a_slice_is_tried_in_the_plane_of_the_stack(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel
) -> None:
    model.cards["Nuclei"] = PANOPTIC
    wizard = make_wizard(inputs=(images,))
    go_to_parameters(qtbot, wizard)
    page = wizard.parameters_page
    page.try_button.click()
    qtbot.waitUntil(lambda: page.status.text().startswith("Middle slice: 1 object"))
    page.forms.change({"plane": "yz"}, {})
    qtbot.waitUntil(lambda: page.status.text().startswith("Middle yz slice: 1 object"))
    assert [region.shape for region in model.predicted] == [(1, 32, 32), (5, 32, 1)]
    assert [(mode, (way or {})["plane"]) for mode, way in model.ways] == [("stack", "xy"), ("stack", "yz")]
    assert not page.picture.is_empty
    page.forms.change({}, {"confidence": 0.9})
    qtbot.waitUntil(lambda: "0 objects" in page.status.text())
    assert len(model.predicted) == 2


def test_settings_of_the_preview_bring_mode_and_prediction(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel, session: Session
) -> None:
    model.cards["Nuclei"] = PANOPTIC
    assert session.open_project is not None
    path = session.open_project.models()[0]
    settings = BatchSettings({"confidence": 0.3}, {"downsampling": 8}, "ortho")
    config = run(qtbot, make_wizard(model=path, settings=settings, inputs=(images,)), model)
    assert (config.mode, config.prediction, config.decode) == ("ortho", {"downsampling": 8}, {"confidence": 0.3})


def test_another_model_starts_from_its_own_settings() -> None:
    draft = BatchDraft()
    draft.choose_model(Path("a"), PANOPTIC)
    draft.take(BatchSettings({"confidence": 0.9}, {"downsampling": 64}, "ortho"))
    draft.choose_model(Path("b"), CARD)
    assert draft.modes() == ()
    assert (draft.mode, draft.prediction, draft.decode) == ("auto", {}, CARD.decode)


def test_the_usual_mode_of_each_kind_of_model() -> None:
    flat = CARD.model_copy(update={"dimensions": 2})
    assert [usual_mode(card) for card in (CARD, flat, PANOPTIC)] == ["auto", "auto", "stack"]
    assert [len(modes_to_choose(card)) for card in (CARD, flat, PANOPTIC)] == [0, 0, 3]
    assert usual_mode(PANOPTIC, flat=True) == "slice"


def test_whole_objects_do_not_count_on_a_slice_of_a_volume() -> None:
    assert [slice_mode(PANOPTIC, flat=flat) for flat in (False, True)] == ["stack", "slice"]
    assert [slice_mode(CARD, flat=flat) for flat in (False, True)] == ["auto", "auto"]
    shown = [fields_in(PanopticDecode, "slice", part=part) for part in (False, True)]
    assert set(shown[0]) - set(shown[1]) == {"min_area"}


def test_what_each_direction_found_can_be_opened(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel
) -> None:
    model.cards["Nuclei"] = PANOPTIC
    wizard = make_wizard(inputs=(images,))
    run(qtbot, wizard, model)
    page = wizard.run_page
    qtbot.waitUntil(lambda: page.run is not None and page.run.state == "done")
    assert page.open_button.menu() is None
    assert page.run is not None
    results = page.run.output
    results.mkdir(parents=True)
    for name in ("b.tif", "b_xy.tif", "b_xz.tif", "b_yz.tif"):
        write_image(results / name)
    page.view.selectRow(1)
    titles = [action.text() for action in page.directions.actions()]
    assert titles == ["What they agree on", "Only xy", "Only xz", "Only yz"]
    with qtbot.waitSignal(wizard.open_requested) as asked:
        page.directions.actions()[2].trigger()
    assert asked.args == [images / "b.tif", results / "b_xz.tif"]
    with qtbot.waitSignal(wizard.open_requested) as asked:
        page.directions.actions()[0].trigger()
    assert asked.args == [images / "b.tif", results / "b.tif"]


def test_files_of_directions_keep_long_endings(tmp_path: Path) -> None:
    for name in ("c_xy.ome.zarr", "c_xz.ome.zarr", "c_yz.ome.zarr"):
        (tmp_path / name).mkdir()
    found = direction_files(tmp_path / "c.ome.zarr")
    assert [path.name for path in found.values()] == ["c_xy.ome.zarr", "c_xz.ome.zarr", "c_yz.ome.zarr"]
    assert direction_files(tmp_path / "d.ome.zarr") == {}
