"""``voxelwright prepare``: a training folder with a split."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from desktop_app.cli.console import run_job, show_result, table_of
from desktop_app.cli.option_groups import ReadingOptions, grouped
from desktop_app.cli.options import (
    FAILED,
    Json,
    TimePoints,
)
from desktop_app.cli.overrides import changed, settings_of
from desktop_app.core.config.base import explain
from desktop_app.core.config.preparing import PrepareSettings
from desktop_app.core.imaging import parse_times
from desktop_app.core.job import JobContext
from desktop_app.io.datasets import unlabelled_words
from desktop_app.jobs.data.prepare import PrepareConfig, PreparePlan, plan_dataset, prepare_dataset

_USUAL = PrepareSettings()
_PERCENT = 100.0  # of all images


def _said(name: str) -> str:
    """What the declaration of a setting says."""
    field = PrepareSettings.model_fields[name]
    return f"{field.title}. {field.description}"


def _share(name: str) -> str:
    """What the declaration of a share says, and what else the command line takes."""
    return f"{_said(name)} Percent, as 70, 15 and 15, will do, too."


@grouped
def prepare_command(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="A folder with images and labels in a known layout.")],
    out: Annotated[Path, typer.Option("--out", metavar="DATASET", help="The folder to make.")],
    train: Annotated[float, typer.Option(min=0.0, max=_PERCENT, help=_share("train"))] = _USUAL.train,
    val: Annotated[float, typer.Option(min=0.0, max=_PERCENT, help=_share("validation"))] = _USUAL.validation,
    test: Annotated[float, typer.Option(min=0.0, max=_PERCENT, help=_share("test"))] = _USUAL.test,
    seed: Annotated[int, typer.Option(min=0, help=_said("seed"))] = _USUAL.seed,
    labels: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="The labels, where they are in another folder.")
    ] = None,
    by_order: Annotated[
        bool, typer.Option("--by-order", help="Pair files whose names do not fit in sorted order.")
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="Show the pairs and their parts; write nothing.")] = False,
    by: Annotated[str, typer.Option(metavar="group|image", help=_said("by"))] = _USUAL.by,
    groups: Annotated[str, typer.Option(metavar="PATTERN", help=_said("groups"))] = "",
    layout: Annotated[str, typer.Option(metavar="parts|nnunet", help=_said("layout"))] = _USUAL.layout,
    size: Annotated[str, typer.Option(metavar="Z,Y,X", help=_said("size"))] = "0,0,0",
    spacing: Annotated[str, typer.Option(metavar="Z,Y,X UNIT", help=_said("spacing"))] = "",
    classes: Annotated[str, typer.Option(metavar="2,5,9", help=_said("classes"))] = "",
    link: Annotated[bool, typer.Option("--link", help=_said("link"))] = False,
    *,
    options: ReadingOptions,
    time: TimePoints = "",
    as_json: Json = False,
) -> None:
    """Put pairs of images and labels into {train,val,test}/{images,labels}, split by image or group."""
    whole = _PERCENT if max(train, val, test) > 1 else 1.0
    given = {
        "train": train / whole, "validation": val / whole, "test": test / whole, "seed": seed, "by": by,
        "groups": groups, "layout": layout, "spacing": spacing, "classes": classes, "link": link,
    }  # fmt: skip
    config = PrepareConfig(source, out, _settings(given, size), labels, by_order, options.reading(), parse_times(time))
    if show:
        plan = run_job(partial(_plan, config), as_json)
        rows = [
            (p.pair.name, p.pair.group, p.role, Path(p.pair.image).name, p.pair.label_path.name) for p in plan.pairs
        ]
        table = table_of("", ("Pair", "Group", "Part", "Image", "Labels"), rows)
        left = f"Left out: {len(plan.left_out)} files." if plan.left_out else ""
        show_result(plan, as_json, table, *filter(None, (left, unlabelled_words(plan.unlabelled))))
        return
    result = run_job(partial(prepare_dataset, config), as_json)
    counts = ", ".join(f"{count} in {name}" for name, count in result.parts.items())
    show_result(result, as_json, f"Pairs: {counts}. Written: {result.out}")
    if result.failed:
        raise typer.Exit(FAILED)


def _settings(given: dict[str, object], size: str) -> PrepareSettings:
    """The settings as they were given.

    Raises:
        UserError: If one of them makes no sense.
    """
    values = changed(given, [f"size={size}"], settings_of(PrepareSettings))
    try:
        return PrepareSettings.model_validate(values)
    except ValidationError as error:
        raise explain(error, "What shall be prepared") from error


def _plan(config: PrepareConfig, ctx: JobContext) -> PreparePlan:
    ctx.raise_if_cancelled()
    return plan_dataset(config)
