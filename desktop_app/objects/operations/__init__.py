"""Operations on objects: one file each, and the table of them."""

from desktop_app.objects.operations.base import Change, Offer, Operation, Place, Pointed, Scene, Target
from desktop_app.objects.operations.copy_slice import COPY_SLICE
from desktop_app.objects.operations.delete import DELETE
from desktop_app.objects.operations.fill_holes import FILL_HOLES
from desktop_app.objects.operations.size_filter import SIZE_FILTER
from desktop_app.objects.operations.split import SPLIT

OPERATIONS: dict[str, Operation] = {
    operation.name: operation for operation in (DELETE, SPLIT, FILL_HOLES, SIZE_FILTER, COPY_SLICE)
}
"""By name, in the order of the menus."""

__all__ = ["OPERATIONS", "Change", "Offer", "Operation", "Place", "Pointed", "Scene", "Target"]
