"""Files that stand for web addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.io.images.formats import format_of, label_ending
from desktop_app.io.images.registry import image_stem
from desktop_app.io.images.web_links import address_of, cleaned_address, is_address, write_link


@pytest.mark.parametrize(
    ("text", "address", "name"),
    [
        (
            " https://uk1s3.ac.uk/idr/zarr/v0.4/6001240.zarr/ ",
            "https://uk1s3.ac.uk/idr/zarr/v0.4/6001240.zarr",
            "6001240",
        ),
        ("http://localhost:8000/a b/Zellen%20ä.ome.zarr", "http://localhost:8000/a b/Zellen%20ä.ome.zarr", "Zellen ä"),
        ("https://s3.org/plate.zarr/A/1/0?token=x#frag", "https://s3.org/plate.zarr/A/1/0?token=x", "A"),
        ("https://host.org", "https://host.org", "host.org"),
        ("https://host.org/..%2F..%2Fetc", "https://host.org/..%2F..%2Fetc", "_.._etc"),
    ],
)
def test_a_file_named_after_the_image(text: str, address: str, name: str, tmp_path: Path) -> None:
    path = write_link(tmp_path / "web", text)
    assert (address_of(path), image_stem(path)) == (address, name)
    assert write_link(tmp_path / "web", text) == path
    assert path.parent == tmp_path / "web"
    form = format_of(path)
    assert form is not None
    assert (form.name, label_ending(path)) == ("web", ".ome.zarr")


def test_other_addresses_of_one_name_get_files_of_their_own(tmp_path: Path) -> None:
    paths = [write_link(tmp_path, f"https://{host}.org/a.zarr") for host in ("one", "two", "one")]
    assert [p.name for p in paths] == ["a.web.json", "a_2.web.json", "a.web.json"]


@pytest.mark.parametrize("text", ["", "a.zarr", "file:///etc/passwd", "ftp://a.org/b", "https://", "javascript:1"])
def test_other_texts_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no web address"):
        write_link(tmp_path, text)
    assert list(tmp_path.iterdir()) == []


def test_what_is_an_address() -> None:
    assert is_address(" HTTPS://a.org/b.zarr")
    assert not is_address("https.zarr")
    assert cleaned_address("HTTPS://a.org/b/") == "https://a.org/b"


@pytest.mark.parametrize("text", ["{", "[]", '{"address": "file:///etc"}', '{"address": 3}'])
def test_damaged_files_are_one_sentence(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.web.json"
    path.write_text(text)
    with pytest.raises(UnreadableFileError, match=r"a\.web\.json: it names no web address"):
        address_of(path)
