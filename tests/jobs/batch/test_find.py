from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.config.finding import FindConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.imaging.reading import ImageReading
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.job import JobCancelled, JobEvent, Note, Preview, Progress, RecordingContext
from desktop_app.io.models import load_card, starters
from desktop_app.jobs.batch.find import find_nuclei, model_for, object_size_in, prediction_for
from desktop_app.jobs.batch.find_preview import FirstLooks, Wish, first_region
from desktop_app.jobs.models import library
from desktop_app.objects.agreement import find_overlaps, scores_at
from tests.cards import panoptic_card, semantic_card

_FLAT = VoxelSize(z=1, y=1, x=1, unit="µm")


def picture(radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Nuclei of a radius in px, their image and truth ``(1, Y, X)``."""
    edge = round(radius * 16)
    made = nuclei_phantom(PhantomParameters((1, edge, edge), 30, radius, 0.4, _FLAT), seed=11)
    return made.image, made.truth


class Impatient(RecordingContext):
    def raise_if_cancelled(self) -> None:
        raise JobCancelled


@pytest.mark.parametrize("radius", [5.0, 10.0, 20.0])
def test_nuclei_of_any_size_are_found_without_training(tmp_path: Path, radius: float) -> None:
    image, truth = picture(radius)
    tifffile.imwrite(tmp_path / "cells.tif", image[0])
    found = find_nuclei(
        FindConfig(image=str(tmp_path / "cells.tif"), output=str(tmp_path / "out" / "labels.tif")), RecordingContext()
    )
    labels = tifffile.imread(found.labels)
    scores = scores_at(find_overlaps(labels[None], truth), 0.5)
    assert scores.f1 is not None
    assert scores.f1 > 0.6
    assert found.objects == len(np.unique(labels)) - 1
    assert found.object_size is not None
    assert found.noise_words == ""
    assert 2 * radius / 1.6 < found.object_size < 2 * radius * 1.6
    assert (tmp_path / "out" / "labels.csv").read_text().count("\n") == found.objects + 1


def test_the_size_that_the_user_says_is_taken(tmp_path: Path) -> None:
    image, _ = picture(10)
    tifffile.imwrite(tmp_path / "cells.tif", image[0])
    heard = RecordingContext()
    config = FindConfig(image=str(tmp_path / "cells.tif"), output=str(tmp_path / "l.tif"), object_size=80)
    assert find_nuclei(config, heard).object_size == 80
    notes = [event.text for event in heard.events if isinstance(event, Note)]
    assert "Objects of about 80 px." in notes


def test_who_stops_leaves_nothing_behind(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "cells.tif", picture(10)[0][0])
    with pytest.raises(JobCancelled):
        find_nuclei(FindConfig(image=str(tmp_path / "cells.tif"), output=str(tmp_path / "l.tif")), Impatient())
    assert [path.name for path in tmp_path.iterdir()] == ["cells.tif"]


def test_an_image_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "cells.tif").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"cells\.tif"):
        find_nuclei(FindConfig(image=str(tmp_path / "cells.tif"), output=str(tmp_path / "l.tif")), RecordingContext())


def test_every_model_that_comes_with_the_program_is_whole() -> None:
    models = library.starter_models()
    assert models
    assert all(model.ours and model.card is not None for model in models)
    for model in models:
        card = model.card
        assert card is not None
        assert card.licence
        assert card.citation
        assert card.description
        assert card.metrics
        assert card.object_diameter
        library.bundles.verify_model(model.path)
        weights = model.path / library.bundles.WEIGHTS_FILE
        assert weights.stat().st_size < 10e6  # bytes: the program is to stay light
        assert library.find_model(card.name) == model.path
        assert starters.comes_with_us(model.path)


def test_without_models_the_user_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(starters, "STARTER_FOLDER", tmp_path)
    with pytest.raises(UserError, match="has no models"):
        model_for(Volume.from_array(np.zeros((8, 8), np.uint8)))


def test_pictures_and_thin_stacks_get_the_model_for_pictures() -> None:
    for shape in ((32, 32), (3, 32, 32)):
        assert load_card(model_for(Volume.from_array(np.zeros(shape, np.uint8)))).dimensions == 2


def test_an_even_image_has_no_object_size() -> None:
    assert object_size_in(Volume.from_array(np.zeros((40, 40), np.uint8))) is None


def test_objects_are_shown_as_large_as_the_model_knows_them() -> None:
    flat = semantic_card(network="unet2d", dimensions=2, patch_size=(1, 16, 16), object_diameter=20.0)
    picture_ = Volume.from_array(np.zeros((8, 8), np.uint8))
    assert prediction_for(flat, picture_, 40) == {"shrink": 2.0}
    assert prediction_for(flat, picture_, 22) == {"shrink": 1.0}
    assert prediction_for(flat, picture_, None) == {}
    deep = semantic_card(object_diameter=16.0)
    volume = Volume.from_array(np.zeros((8, 8, 8), np.uint8), voxel_size=VoxelSize(z=2, y=1, x=1, unit="µm"))
    assert prediction_for(deep, volume, 32) == {"shrink": 2.0, "shrink_z": 1.0}
    assert prediction_for(semantic_card(), volume, 32) == {}
    assert prediction_for(panoptic_card(object_diameter=16.0), picture_, 32) == {}


def test_a_first_look_is_at_the_middle() -> None:
    assert first_region((1, 500, 700), 2) == Region.whole((1, 500, 700))
    large = first_region((1, 8000, 8000), 2)
    assert large.size <= 1_000_000
    assert abs(large.start[1] + large.stop[1] - 8000) <= 1
    assert first_region((1, 8000, 8000), 2, (1.0, 2.0, 2.0)).size > large.size
    assert first_region((9, 100, 100), 2).shape == (1, 100, 100)
    assert first_region((200, 1000, 1000), 3).size <= 1_500_000


def test_a_first_look_finds_and_looks_again_with_another_size(tmp_path: Path) -> None:
    image, truth = picture(10)
    tifffile.imwrite(tmp_path / "cells.tif", image[0])
    looks, heard = FirstLooks(), list[JobEvent]()
    look = looks.look(Wish(tmp_path / "cells.tif", device="cpu"), RecordingContext(heard))
    assert look.whole
    assert look.grey.shape == look.labels.shape == truth.shape
    assert look.objects == len(np.unique(look.labels)) - 1 > 10
    kinds = [event.message if isinstance(event, Progress) else type(event) for event in heard]
    assert kinds.index(Preview) < kinds.index("Estimating the size of its objects")
    (seen,) = (event for event in heard if isinstance(event, Preview))
    assert np.array_equal(seen.image, look.grey[0])
    assert not seen.labels.any()
    heard.clear()
    again = looks.look(Wish(tmp_path / "cells.tif", object_size=60, device="cpu"), RecordingContext(heard))
    assert not any(isinstance(event, Preview) for event in heard)
    assert again.object_size == 60
    assert again.prediction["shrink"] > 2


def _merged(path: Path) -> Path:
    """A colour picture: nuclei in blue, nothing but light and shade in green."""
    image, _ = picture(10)
    nuclei = (image[0] / image.max() * 255).astype(np.uint8)
    shade = np.broadcast_to(np.linspace(0, 200, nuclei.shape[1]).astype(np.uint8), nuclei.shape)
    tifffile.imwrite(path, np.stack([np.zeros_like(nuclei), shade, nuclei], axis=-1), photometric="rgb")
    return path


def test_nuclei_are_found_in_a_colour_picture(tmp_path: Path) -> None:
    """A camera saves colour pictures: any image can be opened, not grey ones alone."""
    path, heard = _merged(tmp_path / "merge.tif"), RecordingContext()
    found = find_nuclei(FindConfig(image=str(path), output=str(tmp_path / "l.tif")), heard)
    assert found.objects is not None
    assert found.objects > 15
    assert "Nuclei are looked for in the colour blue." in [e.text for e in heard.events if isinstance(e, Note)]
    red = find_nuclei(FindConfig(image=str(path), output=str(tmp_path / "r.tif"), channel=0), RecordingContext())
    assert red.objects == 0


def test_the_first_look_takes_the_channel_that_is_wished(tmp_path: Path) -> None:
    path, looks = _merged(tmp_path / "merge.tif"), FirstLooks()
    look = looks.look(Wish(path, device="cpu"), RecordingContext())
    assert (look.channels, look.titles) == ((2,), ("Red", "Green", "Blue"))
    assert look.objects > 15
    other = looks.look(Wish(path, device="cpu", channel=0), RecordingContext())
    assert (other.channels, other.objects) == ((0,), 0)


def test_a_first_look_reads_the_file_as_the_user_said(tmp_path: Path) -> None:
    volume = nuclei_phantom(PhantomParameters((10, 48, 48), 4, 7.0, 0.3), seed=4).image
    tifffile.imwrite(tmp_path / "v.tif", volume)
    said = ImageReading(voxel_size=VoxelSize(z=4, y=1, x=1, unit="µm"))
    looks, sizes = FirstLooks(), dict[str, float]()
    for name, reading in (("as it is", ImageReading()), ("said", said)):
        look = looks.look(Wish(tmp_path / "v.tif", object_size=32, device="cpu", reading=reading), RecordingContext())
        sizes[name] = look.prediction["shrink_z"]
    assert sizes["said"] < sizes["as it is"]
