"""Remove what is no object: flat, scattered or dim remains of a result."""

from __future__ import annotations

from collections.abc import Iterator

import fastremap
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.grey import as_grey
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target
from desktop_app.objects.proofreading.index import ObjectIndex
from desktop_app.objects.proofreading.rows import Rows


class ArtefactParameters(Parameters):
    """What is taken for an artefact; an object goes if one of these is true."""

    slices: int = Field(
        default=2, ge=0, le=1000, title="Fewer slices than", json_schema_extra=field_extra(volume=True, zero="any"),
        description="Objects in fewer slices go. 2 takes away what was found in a single slice.",
    )  # fmt: skip
    filling: float = Field(
        default=0.1, ge=0, le=1, title="Fills less of its box than", json_schema_extra=field_extra(step=0.05),
        description="Threads and scattered voxels fill little of the box around them: a ball fills 0.52, a rod across "
        "the axes 0.2. 0 keeps all.",
    )  # fmt: skip
    brightness: float = Field(
        default=0.0, ge=0, le=1, title="Dimmer than", json_schema_extra=field_extra(step=0.05),
        description="Share of the median grey value of all objects, from the darkest of them on. 0.2 to 0.5 takes "
        "noise away that was found beside bright objects; 0 keeps all. Needs the image.",
    )  # fmt: skip


def _changes(scene: Scene, parameters: ArtefactParameters) -> Iterator[Change]:
    """All objects are measured, then some slices at a time are cleaned.

    Raises:
        UserError: If grey values are asked for and there is no image.
    """
    if parameters.brightness and scene.image is None:
        raise UserError("Brightness needs the image.", hint="Name it with --image, or set brightness=0.")
    image = as_grey(scene.image) if scene.image is not None and parameters.brightness else None
    rows = ObjectIndex.of(
        scene.labels.shape, scene.labels.read, None if image is None else image.read, scene.go_on
    ).rows
    wrong = rows.ids[_artefacts(rows, scene, parameters)]
    if scene.pointed.objects:
        wrong = np.intersect1d(wrong, np.asarray(scene.pointed.objects, np.uint32))
    for region, labels in scene.slabs_of(wrong.tolist()):
        kept = fastremap.mask(labels, wrong.tolist())
        if (kept != labels).any():
            yield Change.between(region, labels, np.asarray(kept, np.uint32))


def _artefacts(rows: Rows, scene: Scene, parameters: ArtefactParameters) -> NDArray[np.bool_]:
    """Which rows are artefacts."""
    edges = rows.high - rows.low
    wrong = rows.voxels < parameters.filling * np.prod(edges, axis=1)
    if scene.labels.shape[0] > 1:
        wrong |= edges[:, 0] < parameters.slices
    means = rows.means
    if parameters.brightness and np.isfinite(means).any():
        dark = float(np.nanmin(means))
        with np.errstate(invalid="ignore"):
            wrong |= means < dark + parameters.brightness * (float(np.nanmedian(means)) - dark)
    return wrong


ARTEFACTS = Operation(
    "artefacts",
    "Remove artefacts",
    "mdi6.broom",
    "Removes what is no object: found in a single slice, thin and scattered, or dim beside the others.",
    (Target.NOTHING, Target.OBJECT),
    ArtefactParameters,
    _changes,
    (Offer("object.artefacts", "Remove artefacts…", "Remove flat, scattered or dim remains of a result."),),
    in_slices=False,
    nothing="No object looks like an artefact by these bounds.",
)
