from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from desktop_app.core.errors import UserError
from desktop_app.io.images.formats import FORMATS
from desktop_app.io.images.specimen_facts import key_of_specimen, plain_name, specimen_in
from tests.io.images.nd2_files import write_nd2

_PICTURE = np.zeros((4, 4), np.uint8)


@pytest.mark.parametrize(
    ("facts", "specimen"),
    [
        ({"Specimen": "m1"}, "m1"),
        ({"Mouse ID": 7, "axes": "YX"}, "7"),
        ({"sample": "s1", "animal_number": "a1"}, "a1"),
        ({"sample": b"s1"}, "s1"),
        ({"axes": "YX"}, ""),
        ({"specimen": True}, ""),
        ({"specimen": "a\nb"}, ""),
        ({"specimen": "x" * 200}, ""),
    ],
)
def test_the_specimen_stands_under_the_usual_words(facts: dict[str, Any], specimen: str) -> None:
    assert specimen_in(facts) == specimen


def test_headings_are_words_and_values_names() -> None:
    assert key_of_specimen(["file", "Patient-ID"]) == "Patient-ID"
    assert key_of_specimen(["file", "area"]) is None
    assert plain_name(1.5) == ""


def test_tiff_files_of_several_programs_say_it(tmp_path: Path) -> None:
    read = FORMATS["tiff"].specimen
    assert read is not None
    annotated = {"axes": "YX", "MapAnnotation": {"Value": {"specimen": "m1", "note": "-"}}}
    tifffile.imwrite(tmp_path / "a.ome.tif", _PICTURE, metadata=annotated)
    assert read(tmp_path / "a.ome.tif") == "m1"
    tifffile.imwrite(tmp_path / "b.tif", _PICTURE, imagej=True, metadata={"Info": "Date = today\nMouse = m2\n"})
    assert read(tmp_path / "b.tif") == "m2"
    tifffile.imwrite(tmp_path / "c.tif", _PICTURE, metadata={"specimen": "m3"})
    assert read(tmp_path / "c.tif") == "m3"
    tifffile.imwrite(tmp_path / "d.tif", _PICTURE)
    assert read(tmp_path / "d.tif") == ""


def test_the_plate_of_a_screen_is_said(tmp_path: Path) -> None:
    read = FORMATS["tiff"].specimen
    assert read is not None
    xml = '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Plate ID="Plate:1" Name="P7"/></OME>'
    tifffile.imwrite(tmp_path / "w.tif", _PICTURE, description=xml, metadata=None)
    assert read(tmp_path / "w.tif") == "P7"


def test_an_attribute_of_hdf5_says_it(tmp_path: Path) -> None:
    read = FORMATS["hdf5"].specimen
    assert read is not None
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["raw"] = _PICTURE
        file["raw"].attrs["embryo"] = "E4"
    assert read(tmp_path / "a.h5") == "E4"
    (tmp_path / "b.h5").write_bytes(b"no such file")
    with pytest.raises(UserError, match=r"b\.h5"):
        read(tmp_path / "b.h5")


def test_patients_are_told_apart_and_not_named(tmp_path: Path) -> None:
    read = FORMATS["dicom"].specimen
    assert read is not None

    def written(name: str, patient: str) -> Path:
        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.preamble = bytes(128)
        dataset.PatientID = patient
        dataset.save_as(tmp_path / name, enforce_file_format=False)
        return tmp_path / name

    first = read(written("a.dcm", "0123"))
    assert first == read(written("b.dcm", "0123"))
    assert first != read(written("c.dcm", "0124"))
    assert first.startswith("patient ")
    assert "0123" not in first
    (tmp_path / "d.dcm").write_bytes(b"no such file" * 20)
    with pytest.raises(UserError, match=r"d\.dcm"):
        read(tmp_path / "d.dcm")


def _zarr(folder: Path, attributes: dict[str, Any], version: str = "0.4") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    told = attributes if version == "0.4" else {"attributes": {"ome": attributes}}
    (folder / (".zattrs" if version == "0.4" else "zarr.json")).write_text(json.dumps(told))
    return folder


def test_a_zarr_image_says_it_itself_and_its_name_is_none(tmp_path: Path) -> None:
    read = FORMATS["ome-zarr"].specimen
    assert read is not None
    scales = {"multiscales": [{"name": "fish 3"}]}
    assert read(_zarr(tmp_path / "a.ome.zarr", {**scales, "specimen": "m1"})) == "m1"
    assert read(_zarr(tmp_path / "b.ome.zarr", {**scales, "donor": 7}, "0.5")) == "7"
    assert read(_zarr(tmp_path / "c.ome.zarr", {**scales, "specimen": {"id": 1}, "sample": "s2"})) == "s2"
    assert read(_zarr(tmp_path / "d.ome.zarr", scales)) == ""
    assert read(tmp_path / "none.zarr") == ""
    (tmp_path / "d.ome.zarr" / ".zattrs").write_text("{")
    with pytest.raises(ValueError, match="Expecting"):
        read(tmp_path / "d.ome.zarr")


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_the_fields_of_a_zarr_plate_are_of_that_plate(tmp_path: Path, version: str) -> None:
    read = FORMATS["ome-zarr"].specimen
    assert read is not None
    named = _zarr(tmp_path / "p.ome.zarr", {"plate": {"name": "P7"}}, version)
    unnamed = _zarr(tmp_path / "P8.ome.zarr", {"plate": {"wells": []}}, version)
    assert [read(folder) for folder in (named, unnamed)] == ["P7", "P8"]
    assert read(_zarr(named / "A" / "1" / "0", {"multiscales": [{}]}, version)) == "P7"
    assert read(_zarr(unnamed / "B" / "2" / "0", {"multiscales": [{}]}, version)) == "P8"
    assert read(_zarr(named / "A" / "1" / "0" / "deeper", {"multiscales": [{}]}, version)) == ""


def test_a_converted_zarr_image_says_what_the_original_did(tmp_path: Path) -> None:
    read = FORMATS["ome-zarr"].specimen
    assert read is not None
    folder, image = _zarr(tmp_path / "a.zarr", {}), "<Image/>"
    xml = '<OME>{}<StructuredAnnotations><M K="mouse">m4</M></StructuredAnnotations></OME>'
    (folder / "OME").mkdir()
    (folder / "OME" / "METADATA.ome.xml").write_text(xml.format(image))
    assert read(folder) == "m4"
    (folder / "OME" / "METADATA.ome.xml").write_text(xml.format(image * 2))
    assert read(folder) == ""


def test_a_key_of_nrrd_says_it(tmp_path: Path) -> None:
    read = FORMATS["nrrd"].specimen
    assert read is not None
    head = "NRRD0004\ntype: uint8\ndimension: 2\nsizes: 4 4\nencoding: raw\n"
    for name, told in (("a", "Specimen:=m1\n"), ("b", "content:=specimen m1\n")):
        (tmp_path / f"{name}.nrrd").write_bytes(f"{head}{told}\n".encode() + bytes(16))
    assert [read(tmp_path / f"{name}.nrrd") for name in "ab"] == ["m1", ""]


def test_the_sample_id_of_nd2_says_it(tmp_path: Path) -> None:
    read = FORMATS["nd2"].specimen
    assert read is not None
    frames = [np.zeros((4, 4, 1), np.uint16)]
    assert read(write_nd2(tmp_path / "a.nd2", frames, ["A"], None, sample="m1")) == "m1"
    assert read(write_nd2(tmp_path / "b.nd2", frames, ["A"], None)) == ""
