"""One editor per type of parameter."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QWidget

from desktop_app.gui.theme.spacing import TIGHT
from desktop_app.gui.widgets.number_fields import (
    CalmComboBox,
    CalmDoubleSpinBox,
    CalmSpinBox,
    NumberField,
    SliderField,
    decimals_for,
)

_INT32 = 2**31 - 1  # QSpinBox holds no larger number
_MAX_SLIDER_STEPS = 250  # about one step a pixel; wider ranges get a number field alone


@dataclass(slots=True)
class Editor:
    """A widget with the ways to read, fill and watch it. ``read`` gives None for what is no valid entry."""

    widget: QWidget
    read: Callable[[], Any]
    write: Callable[[Any], None]
    watch: Callable[[Callable[[], None]], None]


def editor_for(info: FieldInfo) -> Editor | None:
    """The editor for a field, None where the type has none."""
    kind, optional = _without_none(info.annotation)
    made = _plain_editor(kind, info)
    if made is None or not optional:
        return made
    extra = extra_of(info)
    if "usual" in extra:
        made.write(extra["usual"])
    return _with_automatic(made, str(extra.get("none", "Automatic")))


def bounds_of(info: FieldInfo) -> tuple[float | None, float | None]:
    """Lower and upper bound of a field; None where there is none."""
    low = high = None
    for rule in info.metadata:
        if isinstance(rule, Ge | Gt):
            low = float(getattr(rule, "ge", None) if isinstance(rule, Ge) else rule.gt)  # type: ignore[arg-type]
        if isinstance(rule, Le | Lt):
            high = float(getattr(rule, "le", None) if isinstance(rule, Le) else rule.lt)  # type: ignore[arg-type]
    return low, high


def extra_of(info: FieldInfo) -> dict[str, Any]:
    """Unit, step and other hints of a field."""
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}


def choice_title(value: str) -> str:
    """How a choice reads: words apart, the first letter large, unless it is a unit or a name in capitals."""
    if value == "auto":
        return "Automatic"
    return value[:1].upper() + value[1:].replace("_", " ") if value.islower() and len(value) > 2 else value


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [a for a in get_args(annotation) if a is not type(None)]
        if len(kinds) == 1 and len(kinds) < len(get_args(annotation)):
            return kinds[0], True
    return annotation, False


def _plain_editor(kind: Any, info: FieldInfo) -> Editor | None:
    if kind is bool:
        return _check_box(info)
    if kind is int:
        return _whole_number(info)
    if kind is float:
        return _decimal_number(info)
    if kind is str:
        return _text(info)
    if get_origin(kind) is Literal:
        return _choice(get_args(kind), extra_of(info).get("titles", {}))
    if get_origin(kind) is tuple and set(get_args(kind)) == {int} and len(get_args(kind)) == 3:
        return _three_numbers(info)
    return None


def _check_box(info: FieldInfo) -> Editor:
    box = QCheckBox(info.title or "")
    return Editor(box, box.isChecked, box.setChecked, lambda done: _connect(box.toggled, done))


def _whole_number(info: FieldInfo) -> Editor:
    low, high = bounds_of(info)
    suffix = extra_of(info).get("unit", "")
    if (high if high is not None else 0) > _INT32:
        wide = CalmDoubleSpinBox()
        wide.setDecimals(0)
        wide.setRange(low or 0.0, high or 1e15)  # whole numbers up to here are exact
        wide.setSuffix(f" {suffix}" if suffix else "")
        return Editor(wide, lambda: int(wide.value()), wide.setValue, lambda done: _connect(wide.valueChanged, done))
    spin = CalmSpinBox()
    spin.setRange(int(low) if low is not None else -_INT32, int(high) if high is not None else _INT32)
    spin.setSuffix(f" {suffix}" if suffix else "")
    spin.setSingleStep(int(extra_of(info).get("step", 1)) or 1)
    if low == 0:
        spin.setSpecialValueText(str(extra_of(info).get("zero", "")))
    return Editor(spin, spin.value, spin.setValue, lambda done: _connect(spin.valueChanged, done))


def _decimal_number(info: FieldInfo) -> Editor:
    low, high = bounds_of(info)
    step, unit = extra_of(info).get("step"), str(extra_of(info).get("unit", ""))
    if step is None or low is None or high is None:
        free = NumberField(low, high)
        return Editor(free, free.value, free.set_value, lambda done: _connect(free.edited, done))
    if (high - low) / step <= _MAX_SLIDER_STEPS:
        slider = SliderField(low, high, step, unit)
        return Editor(slider, slider.value, slider.set_value, lambda done: _connect(slider.value_changed, done))
    spin = CalmDoubleSpinBox()
    spin.setRange(low, high)
    spin.setSingleStep(step)
    spin.setDecimals(max(2, decimals_for(step)))
    spin.setSuffix(f" {unit}" if unit else "")
    return Editor(spin, spin.value, spin.setValue, lambda done: _connect(spin.valueChanged, done))


def _text(info: FieldInfo) -> Editor:
    if info.examples:
        return _choice(tuple(info.examples), extra_of(info).get("titles", {}))
    line = QLineEdit()
    return Editor(line, line.text, line.setText, lambda done: _connect(line.textChanged, done))


def _choice(values: tuple[Any, ...], titles: Mapping[str, str]) -> Editor:
    box = CalmComboBox()
    for value in values:
        box.addItem(titles.get(value) or choice_title(str(value)), value)

    def write(value: Any) -> None:
        if box.findData(value) < 0:  # written by hand into a file, such as the second GPU of several
            box.addItem(str(value), value)
        box.setCurrentIndex(box.findData(value))

    return Editor(box, box.currentData, write, lambda done: _connect(box.currentIndexChanged, done))


def _three_numbers(info: FieldInfo) -> Editor:
    frame = QWidget()
    row = QHBoxLayout(frame)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(TIGHT)
    spins = [CalmSpinBox() for _ in range(3)]
    zero = str(extra_of(info).get("zero", ""))
    for axis, spin in zip("zyx", spins, strict=True):
        spin.setRange(0 if zero else 1, 100_000)  # voxels: no image is longer
        spin.setSpecialValueText(f"{axis} {zero}" if zero else "")
        spin.setPrefix(f"{axis} ")
        row.addWidget(spin, 1)

    def write(values: tuple[int, int, int]) -> None:
        for spin, value in zip(spins, values, strict=True):
            spin.setValue(value)

    def watch(done: Callable[[], None]) -> None:
        for spin in spins:
            _connect(spin.valueChanged, done)

    return Editor(frame, lambda: tuple(spin.value() for spin in spins), write, watch)


def _with_automatic(inner: Editor, words: str) -> Editor:
    frame = QWidget()
    row = QHBoxLayout(frame)
    row.setContentsMargins(0, 0, 0, 0)
    automatic = QCheckBox(words)
    row.addWidget(automatic)
    row.addWidget(inner.widget, 1, Qt.AlignmentFlag.AlignVCenter)
    automatic.toggled.connect(inner.widget.setDisabled)

    def write(value: Any) -> None:
        automatic.setChecked(value is None)
        if value is not None:
            inner.write(value)

    def watch(done: Callable[[], None]) -> None:
        _connect(automatic.toggled, done)
        inner.watch(done)

    return Editor(frame, lambda: None if automatic.isChecked() else inner.read(), write, watch)


def _connect(signal: Any, done: Callable[[], None]) -> None:
    signal.connect(lambda *_: done())
