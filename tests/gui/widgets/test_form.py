"""Forms made from parameter models."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field, ValidationError
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel

from desktop_app.core.config.app_settings import AppSettings
from desktop_app.core.config.base import Parameters, explain, field_extra
from desktop_app.core.config.continuation import Continuation
from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.learning import AugmentationParameters, OptimisationParameters
from desktop_app.core.config.preparing import PrepareSettings
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.form_editors import choice_title
from desktop_app.gui.widgets.number_fields import NumberField, SliderField


class Sample(Parameters):
    share: float = Field(default=0.15, ge=0, le=0.9, title="Share", json_schema_extra=field_extra(step=0.05))
    rate: float = Field(default=2e-3, gt=0, le=1, title="Rate")
    count: int = Field(default=3, ge=1, le=10, title="Count", json_schema_extra=field_extra("images"))
    tile: tuple[int, int, int] | None = Field(default=None, title="Tile", json_schema_extra=field_extra(advanced=True))
    kind: Literal["auto", "slice"] = Field(default="auto", title="Kind")
    hidden: dict[str, int] = Field(default_factory=dict)


@pytest.fixture
def form(qtbot):
    form = ParameterForm(Sample)
    qtbot.addWidget(form)
    return form


@pytest.mark.parametrize(
    "model",
    [
        AppSettings,
        SemanticDecode,
        AugmentationParameters,
        OptimisationParameters,
        PrepareSettings,
        TrainingConfig,
        VoxelSize,
        Sample,
    ],
)
def test_defaults_survive_the_form_exactly(qtbot, model):
    form = ParameterForm(model)
    qtbot.addWidget(form)
    assert form.value() == model()
    assert form.problems() == []


def test_values_survive_the_form_exactly(qtbot, form):
    value = Sample(share=0.35, rate=1e-5, count=9, tile=(8, 64, 32), kind="slice", hidden={"a": 1})
    with qtbot.waitSignal(form.changed) as signal:
        form.set_value(value)
    assert form.value() == value
    assert signal.args == [value]


def test_setting_the_same_value_says_nothing(qtbot, form):
    with qtbot.assertNotEmitted(form.changed):
        form.set_value(Sample())


def test_slider_and_spin_box_go_together(form):
    editor = form.editor("share")
    assert isinstance(editor, SliderField)
    editor.slider.setValue(4)
    assert form.value().share == pytest.approx(0.2)
    editor.spin.setValue(0.5)
    assert editor.slider.value() == 10


def test_what_no_value_means_is_said(qtbot, form):
    going_on = ParameterForm(Continuation)
    qtbot.addWidget(going_on)
    (box,) = going_on.editor("learning_rate").findChildren(QCheckBox)
    assert box.text() == "As before"
    (box,) = form.editor("tile").findChildren(QCheckBox)
    assert box.text() == "Automatic"


def test_a_value_that_is_not_set_begins_with_the_usual_one(qtbot):
    dataset = ParameterForm(DatasetConfig, fields=("label_divisor",))
    qtbot.addWidget(dataset)
    assert dataset.value().label_divisor is None
    (box,) = dataset.editor("label_divisor").findChildren(QCheckBox)
    assert box.text() == "Not numbered"
    box.setChecked(False)
    assert dataset.value().label_divisor == 1000


def test_a_comma_is_a_decimal_point(qtbot, form):
    share, rate = form.editor("share").spin, form.editor("rate")
    for field, text in ((share, "0,35"), (rate, "0,01")):
        field.selectAll()
        qtbot.keyClicks(field, text)
    assert (form.value().share, form.value().rate) == (0.35, 0.01)
    assert form.problems() == []


def test_a_number_out_of_bounds_is_a_problem_in_words(qtbot, form):
    editor = form.editor("rate")
    assert isinstance(editor, NumberField)
    with qtbot.waitSignal(form.validity_changed) as signal:
        editor.setText("7")
    assert signal.args == [False]
    assert form.problems()[0].startswith("Rate:")
    with pytest.raises(UserError, match="rate"):
        form.value()
    with qtbot.waitSignal(form.changed):
        editor.setText("1e-3")
    assert form.value().rate == 1e-3


def test_chosen_fields_only_and_hidden_ones_keep_their_value(qtbot):
    form = ParameterForm(Sample, Sample(count=7, hidden={"b": 2}), fields=("share",), compact=True)
    qtbot.addWidget(form)
    form.editor("share").set_value(0.4)
    assert form.value() == Sample(share=0.4, count=7, hidden={"b": 2})


@pytest.mark.parametrize("model", [AppSettings, TrainingConfig])
def test_compute_on_is_a_list_of_devices(qtbot, model: type[AppSettings | TrainingConfig]):
    form = ParameterForm(model, model(), fields=("device",))
    qtbot.addWidget(form)
    box = form.editor("device")
    assert [label.text() for label in form.findChildren(QLabel) if label.buddy() is box] == ["Compute on"]
    assert isinstance(box, QComboBox)
    assert not box.isEditable()
    assert [box.itemText(i) for i in range(box.count())] == ["Automatic", "Processor only (CPU)", "Graphics card (GPU)"]
    box.setCurrentIndex(1)
    assert form.value().device == "cpu"
    form.set_value(model(device="cuda:1"))
    assert form.value().device == "cuda:1"


def test_choices_read_as_words():
    assert [choice_title(word) for word in ("auto", "warm_up", "xy", "SegResNet")] == [
        "Automatic", "Warm up", "xy", "SegResNet",
    ]  # fmt: skip


def test_advice_of_a_method_replaces_that_of_the_declaration(qtbot):
    form = ParameterForm(OptimisationParameters, fields=("iterations",), advice={"iterations": "Seven are enough."})
    qtbot.addWidget(form)
    assert form.editor("iterations").toolTip() == "Seven are enough."
    assert "electron" not in " ".join(field.description for field in OptimisationParameters.model_fields.values())


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (TrainingConfig, "auto, cpu, cuda, cuda:1 for the second GPU, mps or xpu"),
        (AppSettings, "auto, cpu, cuda, cuda:1 for the second GPU, mps or xpu"),
        (InferenceConfig, "auto, all, cpu, cuda, cuda:1 for the second GPU, mps or xpu"),
    ],
)
@pytest.mark.parametrize("said", ["gpu", "cuda:", "cuda:x", "CUDA", "cuda:1;2", "", "all of them"])
def test_a_wrong_device_is_refused_in_words(model: type[Parameters], words: str, said: str):
    """As a command says it: no pattern of characters is shown, which only programmers read."""
    needed = {"model": "m", "inputs": ("a.tif",), "output": "out"} if model is InferenceConfig else {}
    with pytest.raises(ValidationError) as refused:
        model.model_validate({**needed, "device": said})
    shown = str(explain(refused.value, "The settings"))
    assert f"“{said}” is no place to compute: say {words}" in shown
    assert not set("\\|^$") & set(shown)
