"""The demo goes the whole way: project, model, labels, tables, pictures and scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop_app.core.imaging.phantoms import PhantomParameters
from desktop_app.core.job import CaseUpdate, JobCancelled, Progress, RecordingContext
from desktop_app.io.images.registry import open_volume
from desktop_app.io.models import load_card
from desktop_app.io.projects import open_project
from desktop_app.io.tables import read_csv
from desktop_app.jobs.data import sample_project
from desktop_app.jobs.demo import DemoConfig, run_demo

SMALL = PhantomParameters(shape=(12, 48, 48), nuclei=10, radius=6)


@pytest.fixture
def small_volumes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_project, "_LABELLED_VOLUME", SMALL)
    monkeypatch.setattr(sample_project, "_UNSEEN_VOLUME", SMALL)


@pytest.mark.slow
@pytest.mark.usefixtures("small_volumes")
def test_the_whole_way(tmp_path: Path) -> None:
    ctx = RecordingContext()
    result = run_demo(DemoConfig(tmp_path / "demo", iterations=3, device="cpu"), ctx)
    assert load_card(result.model).class_names == ("Nucleus",)
    unseen = sorted((tmp_path / "demo" / "unseen").glob("*.tif"))
    assert [case.image for case in result.evaluation.cases] == [path.stem for path in unseen]
    for path in unseen:
        labels = open_volume(result.results / path.name)
        assert labels.shape == SMALL.shape
        assert labels.voxel_size.same_as(SMALL.voxel_size)
        assert (result.results / f"{path.stem}_objects.csv").exists()
    assert len(read_csv(result.results / "summary.csv")) == len(read_csv(result.evaluation.table)) == 3
    for picture in result.overlays:
        assert np.asarray(Image.open(picture)).shape == (48 * 3, (3 * 48 + 2 * 4) * 3, 3)
    with open_project(result.project) as opened:
        assert opened.models() == [result.model]
        assert opened.results() == [result.results]
        assert len(opened.runs()) == 1
    assert [case.state for case in ctx.of_kind(CaseUpdate)].count("done") == 3
    assert ctx.of_kind(Progress)[-1].fraction == 1.0


@pytest.mark.usefixtures("small_volumes")
def test_cancel_keeps_the_sample_project_for_the_next_time(tmp_path: Path) -> None:
    done = RecordingContext()
    sample_project.sample_project(tmp_path / "demo", done)
    with pytest.raises(JobCancelled):
        run_demo(DemoConfig(tmp_path / "demo", iterations=3, device="cpu"), RecordingContext(cancel_after=1))
    with open_project(tmp_path / "demo" / "demo.vwproj") as opened:
        assert opened.missing_items() == []
