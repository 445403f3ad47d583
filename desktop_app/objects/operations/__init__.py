"""Operations on objects: one file each, and the table of them."""

from desktop_app.objects.operations.artefacts import ARTEFACTS
from desktop_app.objects.operations.base import Change, Offer, Operation, Place, Pointed, Scene, Target
from desktop_app.objects.operations.border import BORDER
from desktop_app.objects.operations.copy_slice import COPY_SLICE
from desktop_app.objects.operations.cut import CUT
from desktop_app.objects.operations.delete import DELETE
from desktop_app.objects.operations.fill_holes import FILL_HOLES
from desktop_app.objects.operations.fit_edges import FIT_EDGES
from desktop_app.objects.operations.interpolate import INTERPOLATE
from desktop_app.objects.operations.merge import MERGE
from desktop_app.objects.operations.number import NUMBER, RENUMBER
from desktop_app.objects.operations.pieces import PIECES
from desktop_app.objects.operations.reshape import RESHAPE
from desktop_app.objects.operations.set_class import SET_CLASS
from desktop_app.objects.operations.size_filter import SIZE_FILTER
from desktop_app.objects.operations.split import SPLIT
from desktop_app.objects.operations.split_at import SPLIT_AT

OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        DELETE, SET_CLASS, MERGE, CUT, SPLIT_AT, SPLIT, PIECES, FILL_HOLES, RESHAPE, FIT_EDGES, NUMBER, INTERPOLATE,
        COPY_SLICE, SIZE_FILTER, ARTEFACTS, BORDER, RENUMBER,
    )
}  # fmt: skip
"""By name, in the order of the menus."""

__all__ = ["OPERATIONS", "Change", "Offer", "Operation", "Place", "Pointed", "Scene", "Target"]
