"""The engine on the golden volumes, of whose ideal maps another implementation made 59 of the 60 objects."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.config.inference import RunMode
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode, PanopticPrediction
from desktop_app.ml.inference.engine import InferencePlan
from desktop_app.objects.agreement import find_overlaps, matched_ious, object_scores
from tests.ml.recipes.panoptic.ideal_networks import label_reader
from tests.ml.recipes.panoptic_ideal import passing

GOLDEN = Path(__file__).parents[5].parent / "shared" / "data" / "golden"


@pytest.mark.skipif(not GOLDEN.is_dir(), reason="the golden volumes are not here")
@pytest.mark.parametrize(("name", "mode"), [("golden_3d_xy", "stack"), ("golden_3d_xy_xz_yz", "ortho")])
def test_golden_objects(name: str, mode: RunMode) -> None:
    with np.load(GOLDEN / f"{name}.npz") as golden:
        labels, theirs = golden["labels"].astype(np.uint32), golden["seg"]
    predictor, volume = label_reader(labels)
    parameters = PanopticDecode(median=3, min_size=500, min_extent=5)
    way = InferencePlan(mode, PanopticPrediction())
    with closing(passing(predictor, volume, parameters, way, RecordingContext())) as stream:
        found = np.concatenate([slab for _, slab in stream.slabs])
    same, true = object_scores(found, theirs, 0.5), object_scores(found, labels, 0.5)
    assert same.fn == 0
    assert true.fp == true.fn == 0
    assert matched_ious(find_overlaps(found, theirs), 0.5).mean() >= 0.98
