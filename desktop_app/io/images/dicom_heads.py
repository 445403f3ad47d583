"""What DICOM files say of their pictures, read without the pixels."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.dicom_bounds import require_bounded_file
from desktop_app.io.images.stored_voxels import DAMAGE, damaged

_TAGS = [
    "SeriesInstanceUID", "InstanceNumber", "Rows", "Columns", "SamplesPerPixel", "NumberOfFrames", "BitsStored",
    "PixelRepresentation", "RescaleSlope", "RescaleIntercept", "ImagePositionPatient", "ImageOrientationPatient",
    "PixelSpacing", "SpacingBetweenSlices", "SliceThickness", "PhotometricInterpretation", "AcquisitionNumber",
    "SharedFunctionalGroupsSequence",
]  # fmt: skip
_CODE = 4
"""Letters: 65,536 codes. Some 150 of all numbers with seven digits share one, so that trying them all does not tell the
patient; patients that share one by chance are of one group, which is never split, and so do no harm."""
_ENDINGS = (".dcm", ".dicom")
_GREY = ("MONOCHROME1", "MONOCHROME2")


@dataclass(frozen=True, slots=True)
class DicomHead:
    """One file.

    Attributes:
        path: The file.
        series: What all files of the series share.
        number: In the series.
        rows: Of a picture.
        columns: Of a picture.
        samples: Values of a pixel.
        frames: Pictures in the file.
        stored_range: Lowest and highest value that its bits can hold.
        slope: Factor of stored values.
        intercept: What is added to them.
        position: Middle of the first pixel in mm, to left, posterior, superior; None where not stated.
        orientation: Direction of rows and of columns, six numbers; None where not stated.
        spacing: Distance of rows and of columns in mm; None where not stated.
        thickness: Distance of slices, or else their thickness, in mm; None where not stated.
        inverted: Whether low values are bright.
    """

    path: Path
    series: str
    number: int
    rows: int
    columns: int
    samples: int
    frames: int
    stored_range: tuple[int, int]
    slope: float
    intercept: float
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, ...] | None
    thickness: float | None
    inverted: bool


def read_head(path: Path) -> DicomHead:
    """What a file says of its picture.

    Raises:
        UnreadableFileError: If it is no DICOM file, or holds no picture.
    """
    from pydicom.errors import BytesLengthException, InvalidDicomError

    try:
        return _read_head(path)
    except InvalidDicomError as error:
        raise UnreadableFileError(path, "it is no DICOM file.", details=repr(error)) from error
    except BytesLengthException as error:  # values are looked at when they are asked for, not when the file is read
        raise damaged(path, error) from error


def _read_head(path: Path) -> DicomHead:
    import pydicom

    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE  # values that are odd are judged here
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of slips of other programs that the library reads all the same
        require_bounded_file(path)
        dataset = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=_TAGS)
    if not dataset.get("Rows") or not dataset.get("Columns"):
        raise UnreadableFileError(path, "there is no picture in it.")
    kind = str(dataset.get("PhotometricInterpretation", _GREY[1]))
    samples = int(dataset.get("SamplesPerPixel") or 1)
    if samples == 1 and kind not in _GREY:
        raise UnreadableFileError(path, f"pictures of the kind {kind} are not supported.", hint="Save it as RGB.")
    # Where nothing is stated, all bits of the widest values that are read.
    bits, signed = int(dataset.get("BitsStored") or 16), bool(dataset.get("PixelRepresentation"))
    ends = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    measures = _measures(dataset)
    return DicomHead(
        path, str(dataset.get("SeriesInstanceUID", "")), int(dataset.get("InstanceNumber") or 0), int(dataset.Rows),
        int(dataset.Columns), samples, int(dataset.get("NumberOfFrames") or 1), ends,
        _number(dataset.get("RescaleSlope")) or 1.0, _number(dataset.get("RescaleIntercept")) or 0.0,
        # Two directions of x, y, z.
        _numbers(dataset.get("ImagePositionPatient"), 3), _numbers(dataset.get("ImageOrientationPatient"), 6),
        _numbers(measures.get("PixelSpacing"), 2),
        _number(measures.get("SpacingBetweenSlices")) or _number(measures.get("SliceThickness")), kind == _GREY[0],
    )  # fmt: skip


def dicom_specimen(path: Path) -> str:
    """A code for the patient that is the same in all files of a patient.

    Groups stand in runs and models, which are handed on; who the patient is does not.
    """
    import pydicom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            require_bounded_file(path)
            dataset = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["PatientID"])
        except pydicom.errors.InvalidDicomError as error:
            raise UnreadableFileError(path, "it is no DICOM file.", details=repr(error)) from error
    patient = str(dataset.get("PatientID") or "").strip()
    return f"patient {sha256(patient.encode()).hexdigest()[:_CODE]}" if patient else ""


def heads_of_series(path: Path, head: DicomHead) -> list[DicomHead]:
    """All files beside ``path`` that belong to the same series; itself alone where it names none."""
    if not head.series:
        return [head]
    found = []
    for file in sorted(path.parent.iterdir()):
        if file == path:
            found.append(head)
        elif file.suffix.lower() in _ENDINGS and file.is_file():
            try:
                other = read_head(file)
            except (*DAMAGE, UnreadableFileError):
                continue  # what cannot be read is told where it is opened by itself
            if other.series == head.series and other.frames == 1:
                found.append(other)
    return found


def _measures(dataset: Any) -> Any:
    """Where sizes stand: in files of several frames one level deeper."""
    try:
        return dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    except (AttributeError, IndexError):
        return dataset


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _numbers(values: Any, count: int) -> tuple[float, ...] | None:
    try:
        found = tuple(float(v) for v in values)
    except (TypeError, ValueError):
        return None
    return found if len(found) == count else None
