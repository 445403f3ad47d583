"""Pages of the manual about every parameter, written from the parameters' own declarations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from desktop_app.core.config.app_settings import AppSettings
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.measuring import MeasureSettings
from desktop_app.core.config.patches import PatchSettings
from desktop_app.core.config.pictures import MovieSettings, PictureSettings
from desktop_app.core.config.pixels import PixelSettings
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.labelling.tools import TOOLS
from desktop_app.core.losses.registry import LOSSES
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.papers import linked
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.jobs.utilities.registry import UTILITIES
from desktop_app.objects.operations import OPERATIONS

_Forms = Iterable[tuple[str, type[BaseModel]]]


@dataclass(frozen=True, slots=True)
class ParameterPage:
    """The parameters of one kind.

    Attributes:
        name: Of the page, as links call it.
        title: Its heading.
        text: All of it, as Markdown.
    """

    name: str
    title: str
    text: str


def parameter_pages() -> tuple[ParameterPage, ...]:
    """What every parameter of tools, operations, training, methods, networks, losses, running and settings does."""
    recipes = RECIPES.values()
    return (
        _page("tools", "labelling tools", ((tool.title, tool.options) for tool in TOOLS.values())),
        _page("operations", "object operations", ((one.title, one.parameters) for one in OPERATIONS.values())),
        _page("training", "training", [("Every training", TrainingConfig), *((i.title, i.training) for i in recipes)]),
        _page("networks", "networks", ((info.title, info.arguments) for info in NETWORKS.values()), _papers()),
        _page("losses", "losses", ((info.title, info.parameters) for info in LOSSES.values())),
        _page(
            "running",
            "running a model",
            [
                ("Every batch", InferenceConfig),
                *((f"{info.title}: prediction", info.prediction) for info in recipes),
                *((f"{info.title}: objects", info.decode) for info in recipes),
            ],
        ),
        _page(
            "tables",
            "patches and pictures",
            [
                ("Picking patches", PatchSettings),
                ("Learning from strokes", PixelSettings),
                ("Measuring", MeasureSettings),
                ("Pictures", PictureSettings),
                ("Movies", MovieSettings),
            ],
        ),
        _page("utilities", "utilities", ((one.title, one.parameters) for one in UTILITIES.values())),
        _page("settings", "settings", [("This computer", AppSettings)]),
    )


def _papers() -> str:
    """When to choose which network, and where it was published."""
    rows = "".join(f"| {info.title} | {linked(info.paper)} | {info.summary} |\n" for info in NETWORKS.values())
    return f"| Network | Published | When |\n|---|---|---|\n{rows}\n"


def _page(name: str, kind: str, forms: _Forms, before: str = "") -> ParameterPage:
    title = f"Parameters of {kind}"
    return ParameterPage(f"parameters-{name}", title, f"# {title}\n\n{before}{''.join(_tables(forms))}")


def _tables(forms: _Forms) -> Iterator[str]:
    for title, model in forms:
        rows = list(_rows(model))
        if rows:
            yield f"## {title}\n\n| Parameter | Default | What it does |\n|---|---|---|\n{''.join(rows)}\n"


def _rows(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _rows(inner, f"{before}{field.title or name.replace('_', ' ').capitalize()}: ")
        elif field.title and field.description:
            cells = (f"{before}{field.title}", _default(field), field.description)
            yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def _default(field: FieldInfo) -> str:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    shown = "" if field.is_required() else _in_words(field.get_default(call_default_factory=True))
    return f"{shown} {extra['unit']}" if shown and extra.get("unit") else shown


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return " × ".join(str(each) for each in value)
    return "" if value is None else str(value)
