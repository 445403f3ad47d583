"""An animated AVIF picture as an MP4 movie.

Both are boxes of the ISO base media file format (ISO/IEC 14496-12): four bytes of length, four of a name, contents.
AVIF (AV1 Image File Format 1.2, aomedia.org) holds a track of AV1 pictures; a movie holds the same track as ``vide``,
and no still picture beside it. Boxes keep their length, so that no place in the file moves.
"""

from __future__ import annotations

from collections.abc import Iterator

_BRAND = b"isom"  # ISO/IEC 14496-12: any reader of the format
_BRANDS = (b"isom", b"iso6", b"av01", b"mp41")  # AV1 in ISO media files 1.2, section 2.1
_INSIDE = {b"moov", b"trak", b"mdia"}  # boxes of boxes on the way to what is changed
_HEAD = 8  # bytes of length and name
# Places behind the head of a box of version 1, whose times have 64 bits (14496-12, sections 8.2.2, 8.3.2, 8.4.2).
_MOVIE_DURATION, _TRACK_DURATION, _MEDIA_DURATION = 24, 28, 24
_LONG = 8  # bytes of a time
_HANDLER = 8  # bytes of a handler box before the kind of track


def as_mp4(picture: bytes) -> bytes:
    """The bytes of a movie with the pictures of an animated AVIF, shown once.

    Raises:
        ValueError: If ``picture`` is none, or has one picture only.
    """
    data = bytearray(picture)
    boxes = {name: (start, stop) for name, start, stop in _boxes(data, 0, len(data))}
    if b"ftyp" not in boxes or b"mdhd" not in boxes:
        raise ValueError("Expected an animated AVIF")
    start, stop = boxes[b"ftyp"]
    room = (stop - start - 8) // 4  # brands of four bytes, behind the main one and a version
    data[start:stop] = _BRAND + bytes(4) + b"".join((_BRANDS * room)[:room])  # version 0
    media = boxes[b"mdhd"][0] + _MEDIA_DURATION
    duration = data[media : media + _LONG]
    for name, place in ((b"mvhd", _MOVIE_DURATION), (b"tkhd", _TRACK_DURATION)):
        begin = boxes[name][0] + place
        data[begin : begin + _LONG] = duration
    handler = boxes[b"hdlr"][0] + _HANDLER
    data[handler : handler + 4] = b"vide"
    for name in (b"meta", b"edts"):  # the still picture, and that it is shown for ever
        if name in boxes:
            begin = boxes[name][0]
            data[begin - 4 : begin] = b"free"
    return bytes(data)


def _boxes(data: bytearray, start: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, and where the contents are, of boxes and of those inside."""
    while start + _HEAD <= stop:
        length, name = int.from_bytes(data[start : start + 4]), bytes(data[start + 4 : start + _HEAD])
        if length < _HEAD:
            return
        yield name, start + _HEAD, start + length
        if name in _INSIDE:
            yield from _boxes(data, start + _HEAD, start + length)
        start += length
