"""The table of settings below ``--help``, read from the declarations of the parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

from pydantic.fields import FieldInfo
from rich.console import Console
from rich.table import Table
from typer.core import TyperCommand

from desktop_app.cli.overrides import Setting, settings_of
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.measuring import MeasureSettings
from desktop_app.core.config.patches import PatchSettings
from desktop_app.core.config.pictures import MovieSettings, PictureSettings
from desktop_app.core.config.pixels import PixelSettings
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.losses.registry import losses_of
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.jobs.objects.say_of_objects import Words
from desktop_app.jobs.utilities.registry import UTILITIES
from desktop_app.objects.operations import OPERATIONS

LOSS, LOSS_PARAMETERS = "recipe_parameters.loss", "recipe_parameters.loss_parameters"
_MANY = 8  # names; more would make the column of keys wider than that of the meaning
_NOT_BY_HAND = ("schema_version", "name", "output", "recipe", "network", "start_from", "device")


def training_settings(recipe: str, network: str, loss: str | None = None) -> dict[str, Setting]:
    """What ``train --set`` may change for a recipe and a network.

    Args:
        recipe: Key of ``RECIPES``.
        network: Key of ``NETWORKS``.
        loss: One of the recipe's; its default if None.
    """
    groups = {"recipe_parameters": RECIPES[recipe].training, "network_arguments": NETWORKS[network].arguments}
    losses = {info.name: info for info in losses_of(recipe)}
    if losses:
        groups[LOSS_PARAMETERS] = losses[loss or next(iter(losses))].parameters
    found = settings_of(TrainingConfig, groups, _NOT_BY_HAND)
    if losses:
        found[LOSS] = Setting(found[LOSS].path, _choice_of(tuple(losses), found[LOSS].field))
    return {key: setting for key, setting in found.items() if key != "dataset.pairs"}


def _loss_names(recipe: str) -> list[str | None]:
    """The losses of a recipe; None alone where it leaves no choice."""
    return [info.name for info in losses_of(recipe)] or [None]


def _choice_of(names: tuple[str, ...], field: FieldInfo) -> FieldInfo:
    """The declaration of a setting that takes one of these names, the first by default."""
    return FieldInfo(
        annotation=cast(Any, Literal[names]), default=names[0], title=field.title, description=field.description
    )


def inference_settings(recipe: str) -> dict[str, Setting]:
    """What ``infer --set`` may change for models of a recipe."""
    left_out = ("schema_version", "model", "inputs", "output", "reading", "readings", "time", "mode", "device", "then")
    groups = {"prediction": RECIPES[recipe].prediction, "decode": RECIPES[recipe].decode}
    return settings_of(InferenceConfig, groups, left_out)


def settings_table(settings: dict[str, Setting]) -> Table:
    """Key, default, bounds, unit and meaning of each setting."""
    table = Table(title="Settings for --set", title_justify="left", box=None, pad_edge=False)
    for column in ("Key", "Default", "Allowed", "Unit"):
        table.add_column(column, overflow="fold")
    table.add_column("Meaning", overflow="fold", ratio=1)
    for key, setting in settings.items():
        field = setting.field
        meaning = ". ".join(filter(None, (field.title, field.description)))
        cells = (key, setting.default, setting.allowed, setting.unit, meaning)
        table.add_row(*(cell.replace("[", r"\[") for cell in cells))
    return table


class _SettingsHelp(TyperCommand):
    """A command whose help ends with its settings."""

    def settings(self) -> dict[str, Setting]:
        """The settings to list."""
        raise KeyError(self.name)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The usual help, then the table."""
        super().format_help(ctx, formatter)
        Console(highlight=False).print(settings_table(self.settings()))


def networks_table() -> Table:
    """When to choose which network, and where it was published."""
    table = Table(title="Networks for --network", title_justify="left", box=None)
    for heading in ("Name", "When", "Published"):
        table.add_column(heading)
    for name, info in NETWORKS.items():
        table.add_row(name, info.summary, info.paper)
    return table


class TrainingHelp(_SettingsHelp):
    """Help of ``train``: the settings of all recipes and networks, and when to choose which network."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The usual help, then both tables."""
        super().format_help(ctx, formatter)
        Console(highlight=False).print(networks_table())

    def settings(self) -> dict[str, Setting]:
        """Settings of the same name once, or once for each network, loss or recipe where they are not the same."""
        return _merged(
            [
                (_Listed(recipe, network, loss or ""), training_settings(recipe, network, loss))
                for recipe in RECIPES
                for network, info in NETWORKS.items()
                if recipe in info.recipes
                for loss in _loss_names(recipe)
            ]
        )


class DecodeHelp(_SettingsHelp):
    """Help of ``infer``: the settings of models of all recipes."""

    def settings(self) -> dict[str, Setting]:
        """Settings of the same name once, or once for each recipe where they are not the same."""
        return _merged([(_Listed(recipe), inference_settings(recipe)) for recipe in RECIPES])


class PatchesHelp(_SettingsHelp):
    """Help of ``patches``."""

    def settings(self) -> dict[str, Setting]:
        """How many patches, how large, from where."""
        return settings_of(PatchSettings)


class PictureHelp(_SettingsHelp):
    """Help of ``picture``."""

    def settings(self) -> dict[str, Setting]:
        """What the picture shows."""
        return settings_of(PictureSettings)


class MovieHelp(_SettingsHelp):
    """Help of ``movie``."""

    def settings(self) -> dict[str, Setting]:
        """What the movie shows, and what it goes through."""
        return settings_of(MovieSettings)


class PixelsHelp(_SettingsHelp):
    """Help of ``pixels``."""

    def settings(self) -> dict[str, Setting]:
        """How pixels are looked at."""
        return settings_of(PixelSettings)


class MeasureHelp(_SettingsHelp):
    """Help of ``measure``."""

    def settings(self) -> dict[str, Setting]:
        """What is measured."""
        return settings_of(MeasureSettings)


class ReviewHelp(_SettingsHelp):
    """Help of ``review``."""

    def settings(self) -> dict[str, Setting]:
        """What can be said of objects."""
        return settings_of(Words)


class ObjectsHelp(_SettingsHelp):
    """Help of ``objects``: the operations, and the settings of each."""

    def settings(self) -> dict[str, Setting]:
        """Settings of all operations, each with the name of its operation."""
        return {
            f"{key} ({operation.name})": setting
            for operation in OPERATIONS.values()
            for key, setting in settings_of(operation.parameters).items()
        }

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The usual help, the operations, then the table of settings."""
        TyperCommand.format_help(self, ctx, formatter)
        table = Table(title="Operations", title_justify="left", box=None, pad_edge=False)
        for column in ("Name", "About", "Meaning"):
            table.add_column(column, overflow="fold")
        for operation in OPERATIONS.values():
            about = " or ".join(target.value for target in operation.targets)
            table.add_row(operation.name, about, operation.advice)
        console = Console(highlight=False)
        console.print(table)
        console.print(settings_table(self.settings()))


class UtilityHelp(_SettingsHelp):
    """Help of ``utility``: what there is, and the settings of each."""

    def settings(self) -> dict[str, Setting]:
        """Settings of all utilities, each with the name of its utility."""
        return {
            f"{key} ({utility.name})": setting
            for utility in UTILITIES.values()
            for key, setting in settings_of(utility.parameters).items()
        }

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The usual help, the utilities, then the table of settings."""
        TyperCommand.format_help(self, ctx, formatter)
        table = Table(title="Utilities", title_justify="left", box=None, pad_edge=False)
        for column in ("Name", "Takes", "Meaning"):
            table.add_column(column, overflow="fold")
        for utility in UTILITIES.values():
            table.add_row(utility.name, utility.takes, utility.advice)
        console = Console(highlight=False)
        console.print(table)
        console.print(settings_table(self.settings()))


def _said(setting: Setting) -> tuple[str, ...]:
    """What a help says of a setting."""
    return setting.default, setting.allowed, setting.unit, str(setting.field.title), str(setting.field.description)


@dataclass(frozen=True, slots=True)
class _Listed:
    """What a table of settings is of."""

    recipe: str
    network: str = ""
    loss: str = ""

    def owner(self, key: str) -> str:
        """To whom a setting belongs."""
        if key.startswith("network_arguments."):
            return self.network
        return self.loss if key.startswith(f"{LOSS_PARAMETERS}.") else self.recipe


def _merged(tables: list[tuple[_Listed, dict[str, Setting]]]) -> dict[str, Setting]:
    """All settings, group by group; what is not the same for all names in brackets for whom it holds."""
    kinds: dict[str, dict[tuple[str, ...], tuple[Setting, dict[str, None]]]] = {}
    for listed, table in tables:
        for key, setting in table.items():
            _, owners = kinds.setdefault(key, {}).setdefault(_said(setting), (setting, {}))
            owners[listed.owner(key)] = None
    found = {
        f"{key}{_for_whom(list(owners), [len(o) for _, o in same.values()])}": setting
        for key, same in kinds.items()
        for setting, owners in same.values()
    }
    groups = list(dict.fromkeys(setting.path[0] for setting in found.values()))
    return dict(sorted(found.items(), key=lambda item: groups.index(item[1].path[0])))


def _for_whom(owners: list[str], counts: list[int]) -> str:
    """Names in brackets; nothing where there are no others, or where it holds for most of all, and for many."""
    most = counts.count(len(owners)) == 1 and len(owners) == max(counts) > _MANY
    if len(counts) == 1 or most:
        return ""
    short = [
        f"{name}/3d" if name.endswith("2d") and f"{name[:-2]}3d" in owners else name
        for name in owners
        if not (name.endswith("3d") and f"{name[:-2]}2d" in owners)
    ]
    return f" ({', '.join(short)})"
