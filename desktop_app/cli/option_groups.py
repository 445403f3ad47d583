"""Groups of options that several commands share: declared once as a dataclass, one parameter of the command."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from inspect import Parameter
from typing import Any, get_type_hints

from desktop_app.cli.options import Axes, SeriesAlone, SeriesOption, TimeAsZ, VoxelSizeText, reading_of
from desktop_app.core.imaging import ImageReading


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """What a command is told of its files where they are wrong or silent."""

    series: SeriesOption = ""
    axes: Axes = ""
    voxel_size: VoxelSizeText = ""
    time_as_z: TimeAsZ = False

    def reading(self) -> ImageReading:
        """How the files are read.

        Raises:
            UserError: If the axes or the voxel size make no sense.
        """
        return reading_of(self.series, self.axes, self.voxel_size, self.time_as_z)


@dataclass(frozen=True, slots=True)
class ReadingBesideDataset(ReadingOptions):
    """The same for a command whose ``--dataset`` is a folder to learn from."""

    series: SeriesAlone = ""


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """The command with a parameter for each field of its groups, in their place, as typer reads them.

    Args:
        command: Its parameters that are annotated with a dataclass are groups; the fields are annotated as typer's
            options are, and those with a default may be left out.
    """
    groups: dict[str, type[Any]] = {}
    parameters: list[Parameter] = []
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        if is_dataclass(parameter.annotation) and isinstance(parameter.annotation, type):
            groups[parameter.name] = parameter.annotation
            parameters += _parameters_of(parameter.annotation)
        else:
            parameters.append(parameter.replace(kind=Parameter.KEYWORD_ONLY))

    @functools.wraps(command)
    def with_groups(**given: Any) -> None:
        made = {
            name: group(**{field.name: given.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        command(**given, **made)

    with_groups.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    with_groups.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return with_groups


def _parameters_of(group: type[Any]) -> list[Parameter]:
    hints = get_type_hints(group, include_extras=True)
    defaults = inspect.signature(group).parameters
    return [
        Parameter(
            field.name, Parameter.KEYWORD_ONLY, default=defaults[field.name].default, annotation=hints[field.name]
        )
        for field in fields(group)
    ]
