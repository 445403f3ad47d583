"""``voxelwright evaluate``: how well labels agree with the truth."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from desktop_app.cli.console import run_job, show_result, table_of
from desktop_app.cli.option_groups import ReadingOptions, grouped
from desktop_app.cli.options import (
    FAILED,
    Json,
    TableFile,
    TimePoints,
)
from desktop_app.core.imaging import parse_times
from desktop_app.core.labelling.scheme import LabelKind
from desktop_app.io.tables import require_table_ending
from desktop_app.jobs.data.agreement import THRESHOLDS
from desktop_app.jobs.data.evaluate import SCORES, Evaluation, LabelMeaning, evaluate
from desktop_app.objects.agreement import LEAST_IOU, USUAL_IOU

_TITLES = {
    "dice": "Dice",
    "iou": "IoU",
    "f1": "Object F1",
    "f1_75": "F1 at 0.75",
    "average_precision": "AP",
    "precision": "Precision",
    "recall": "Recall",
    "panoptic_quality": "Panoptic quality",
    "adapted_rand": "ARAND",
    "voi_split": "VOI split",
    "voi_merge": "VOI merge",
}


@grouped
def evaluate_command(
    predicted: Annotated[Path, typer.Option(help="Label image, or a folder of them.")],
    truth: Annotated[Path, typer.Option(help="The true labels: a file, or a folder with the same names.")],
    out: TableFile,
    iou: Annotated[
        float, typer.Option(min=LEAST_IOU, max=1.0, help="Overlap (IoU) from which two objects count as the same.")
    ] = USUAL_IOU,
    kind: Annotated[LabelKind, typer.Option(help="Whether label values are single objects or classes.")] = "objects",
    unlabelled: Annotated[
        int | None, typer.Option(min=0, help="Value of true voxels of which nothing is known, often 255; not counted.")
    ] = None,
    background: Annotated[int | None, typer.Option(min=0, help="A value besides 0 that means background.")] = None,
    class_value: Annotated[
        list[int] | None,
        typer.Option(min=0, help="With --kind classes: a class to compare; give it again for more. All if left out."),
    ] = None,
    *,
    options: ReadingOptions,
    time: TimePoints = "",
    as_json: Json = False,
) -> None:
    """Compare labels with true ones: Dice, object F1, AP, panoptic quality, adapted Rand error, VOI."""
    require_table_ending(out)
    meaning = LabelMeaning(kind, unlabelled, background, tuple(class_value or ()))
    work = partial(
        evaluate, predicted, truth, out, iou=iou, meaning=meaning, reading=options.reading(), time=parse_times(time)
    )
    result = run_job(work, as_json)
    problems = [f"{case.image}: {case.error}" for case in result.cases if case.error]
    words = (
        *curve_line(result),
        *undefined_line(result),
        *unlabelled_line(result),
        *problems,
        f"Written: {result.table}",
    )
    show_result(replace(result, details={}), as_json, scores_table(result), *words)
    if result.failed:
        raise typer.Exit(FAILED)


def scores_table(result: Evaluation) -> Table:
    """Scores per image, and over all where there are several; a score that nothing speaks of is a dash."""
    shown = [score for score in SCORES if score in result.mean]
    by_class = any(case.label_class is not None for case in result.cases)
    rows = [
        (case.image, *([case.label_class] if by_class else []), *(getattr(case, score) for score in shown))
        for case in result.cases
        if not case.error
    ]
    if len(rows) > 1:
        rows.append(("All", *([None] if by_class else []), *(result.mean[score] for score in shown)))
    columns = ("Image", *(["Class"] if by_class else []), *(_TITLES[score] for score in shown))
    return table_of("", columns, rows)


def curve_line(result: Evaluation) -> tuple[str, ...]:
    """F1 at each overlap, all images together."""
    if not any(value is not None for value in result.f1_at):
        return ()
    points = (f"{t:.2f}: {v:.3f}" for t, v in zip(THRESHOLDS, result.f1_at, strict=True) if v is not None)
    return ("Object F1 by overlap  " + "  ".join(points),)


def undefined_line(result: Evaluation) -> tuple[str, ...]:
    """A sentence on scores that are undefined in some images and stay out of the last row."""
    if not result.undefined:
        return ()
    counts = ", ".join(f"{_TITLES[score]} {count}" for score, count in result.undefined.items())
    return (f"Undefined (–), because there is nothing that they could be of, and left out: {counts}.",)


def unlabelled_line(result: Evaluation) -> tuple[str, ...]:
    """A sentence on voxels that did not count, or perhaps should not."""
    return tuple(filter(None, [result.unlabelled.sentence]))
