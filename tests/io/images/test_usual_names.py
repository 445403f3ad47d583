"""Which of many arrays is opened first."""

from __future__ import annotations

from desktop_app.io.images.usual_names import label_name, likeliest


def test_images_first_then_the_large_ones_labels_last() -> None:
    voxels = {"a/mask": 900, "t/other": 50, "t/more": 60, "volumes/RAW": 10}
    assert sorted(voxels, key=lambda n: likeliest(n, voxels[n])) == ["volumes/RAW", "t/more", "t/other", "a/mask"]


def test_the_name_of_labels() -> None:
    assert label_name(["raw", "volumes/Labels/", "mask"]) == "volumes/Labels/"
    assert label_name(["raw"]) == ""
