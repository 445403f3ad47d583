"""All utilities, in the order of the menu."""

from __future__ import annotations

from desktop_app.jobs.utilities.base import Utility
from desktop_app.jobs.utilities.blocks import CUT, MERGE
from desktop_app.jobs.utilities.geometry import CROP, RESAMPLE
from desktop_app.jobs.utilities.label_files import COMBINE, RELABEL, THRESHOLD, TO_CLASSES, TO_OBJECTS, VORONOI_OTSU

UTILITIES: dict[str, Utility] = {
    utility.name: utility
    for utility in (CROP, CUT, MERGE, RESAMPLE, THRESHOLD, VORONOI_OTSU, TO_OBJECTS, TO_CLASSES, COMBINE, RELABEL)
}
