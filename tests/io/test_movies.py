from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from desktop_app.core.errors import UserError
from desktop_app.io.movies import MOVIE_ENDINGS, write_movie
from desktop_app.io.mp4 import as_mp4

COUNT = 5
SHAPE = (33, 46, 3)  # odd: colours are stored for every second pixel


def picture(number: int) -> NDArray[np.uint8]:
    """Dark, with a bright square that goes to the right."""
    found = np.full(SHAPE, 20, np.uint8)
    found[8:24, 6 * number : 6 * number + 16] = (200, 120, 60)
    return found


def pictures() -> Iterator[NDArray[np.uint8]]:
    return (picture(number) for number in range(COUNT))


def as_avif(movie: bytes) -> bytes:
    """The animated picture that a movie was made of, so that Pillow reads its pictures."""
    data = bytearray(movie)
    length = int.from_bytes(data[:4])
    data[8:length] = (b"avis" + bytes(4) + b"avifavismsf1iso8mif1miafMA1B")[: length - 8].ljust(length - 8, b"\0")
    data[length + 4 : length + 8] = b"meta"
    return bytes(data.replace(b"vide", b"pict", 1))


def read(path: Path) -> list[NDArray[np.int64]]:
    file = io.BytesIO(as_avif(path.read_bytes())) if path.suffix == ".mp4" else path
    with Image.open(file) as movie:
        found = []
        for number in range(movie.n_frames):  # type: ignore[attr-defined]
            movie.seek(number)
            found.append(np.asarray(movie.convert("RGB")).astype(np.int64))
    return found


@pytest.mark.parametrize("ending", MOVIE_ENDINGS)
def test_pictures_come_in_their_order_and_colours(tmp_path: Path, ending: str) -> None:
    write_movie(tmp_path / f"a{ending}", pictures(), 1.0, COUNT)
    found = read(tmp_path / f"a{ending}")
    assert len(found) == COUNT
    for number, shown in enumerate(found):
        assert shown.shape == SHAPE
        assert np.abs(shown - picture(number)).mean() < 6
    assert np.abs(found[0] - found[-1]).mean() > 10


def test_a_movie_is_a_video_of_its_length_without_a_still_picture(tmp_path: Path) -> None:
    write_movie(tmp_path / "a.mp4", pictures(), 2.0, COUNT)
    data = (tmp_path / "a.mp4").read_bytes()
    assert data[4:12] == b"ftypisom"
    assert b"vide" in data
    assert b"edts" not in data
    assert b"\nmeta" not in data[:60]
    milliseconds = (2000).to_bytes(8)
    for name, place in ((b"mvhd", 24), (b"tkhd", 28), (b"mdhd", 24)):
        start = data.index(name) + 4 + place
        assert data[start : start + 8] == milliseconds, name


def test_what_is_no_animation_is_refused() -> None:
    still = io.BytesIO()
    Image.fromarray(picture(0)).save(still, format="AVIF")
    for wrong in (b"", b"GIF89a" + bytes(100), still.getvalue()):
        with pytest.raises(ValueError, match="animated"):
            as_mp4(wrong)


def test_only_one_picture_is_in_memory_at_a_time(tmp_path: Path) -> None:
    given: list[int] = []

    def watched() -> Iterator[NDArray[np.uint8]]:
        for number in range(COUNT):
            given.append(number)
            yield picture(number)
            assert given == list(range(number + 1)), "the next one is asked for when this one is written"

    write_movie(tmp_path / "a.webp", watched(), 1.0, COUNT)
    assert given == list(range(COUNT))


def test_endings_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"end in \.mp4, \.gif or \.webp"):
        write_movie(tmp_path / "a.avi", pictures(), 1.0, COUNT)
