from __future__ import annotations

import pytest

from desktop_app.core.config.specimen_names import only_specimen, specimens_of


@pytest.mark.parametrize(
    ("first", "second", "other", "group"),
    [
        ("Emb04_t251", "Emb04_t301", "Emb09_t251", "Emb04"),
        ("mouse 3 slice 012", "mouse 3 slice 013", "mouse 4 slice 1", "mouse 3"),
        ("brain2_z010_y020_x030", "brain2_z010_y020_x060", "brain3_z010_y020_x030", "brain2"),
        ("fish7t05", "fish7t06", "fish8t05", "fish7"),
        ("mouse1_001", "mouse1_002", "mouse2_001", "mouse1"),
        ("vol1_0001", "vol1_0002", "vol2_0001", "vol1"),
        ("movieA_0001", "movieA_0002", "movieB_0001", "movieA"),
        ("mouse1_left_001", "mouse1_right_001", "mouse2_left_001", "mouse1"),
        ("ctrl-04-251-nuc", "ctrl-04-401-nuc", "ctrl-09-251-nuc", "ctrl-04"),
        ("E10_emb3_dapi_z1-50", "E10_emb3_dapi_z51-99", "E10_emb4_dapi_z1-50", "E10_emb3"),
        ("sub-01_ses-01_T1w", "sub-01_ses-02_T1w", "sub-02_ses-01_T1w", "sub-01"),
        ("sub-ctl01_T1w", "sub-ctl01_T2w", "sub-pat01_T1w", "sub-ctl01"),
        ("t001_Emb04", "t002_Emb04", "t001_Emb05", "Emb04"),
        ("20230501_mouse3_img1", "20230502_mouse3_img1", "20230501_mouse4_img1", "mouse3"),
        ("fish1_24hpf", "fish1_48hpf", "fish2_24hpf", "fish1"),
        ("mouse1 (1)", "mouse1 (2)", "mouse2 (1)", "mouse1"),
        ("m1_left", "m1_right", "m2_left", "m1"),
        ("fish7a", "fish7b", "fish8a", "fish7"),
        ("A12_001", "A12_002", "B07_001", "A12"),
        ("study_p01_s1", "study_p01_s2", "study_p02_s1", "study_p01"),
        ("cells_t001_z001", "cells_t001_z002", "cells_t002_z001", "cells_t001"),
        ("screen.lif - Series003", "screen.lif - Series004", "second.lif - Series001", "screen.lif"),
        ("patient_12_slide_3_tile_0", "patient_12_slide_4_tile_0", "patient_9_slide_1_tile_0", "patient_12"),
        ("TCGA-18-5592-01Z-00-DX1", "TCGA-18-5592-01Z-00-DX2", "TCGA-21-5784-01Z-00-DX1", "TCGA-18-5592"),
        ("r01c01f01p01-ch1sk1fk1fl1", "r01c01f02p01-ch1sk1fk1fl1", "r01c02f01p01-ch1sk1fk1fl1", "r01c01"),
        ("01/t000", "01/t001", "02/t000", "01"),
        ("vnc/section_04", "vnc/section_05", "hela/section_04", "vnc"),
    ],
)
def test_images_of_one_specimen_are_told_from_their_names(first: str, second: str, other: str, group: str) -> None:
    found = specimens_of([first, second, other])
    assert found[first] == found[second] == group
    assert found[other] != group


@pytest.mark.parametrize(
    "names",
    [
        ("hippocampus_001", "hippocampus_003"),
        ("train_001", "train_002", "test_001"),
        ("WT_1", "WT_2", "KO_1"),
        ("2023-05-01", "2023-05-02", "2023-06-01"),
        ("BRATS_001_0000", "BRATS_002_0000"),
        ("0280fa8f60f6", "03398329ced0"),
        ("Emb01_t1", "Emb01_t2"),
        ("mouse_z1", "mouse_z2"),
        ("t5",),
    ],
)
def test_names_that_tell_no_specimen_stand_for_themselves(names: tuple[str, ...]) -> None:
    assert specimens_of(names) == {name: name for name in names}


def test_wells_are_groups_unless_there_are_plates_enough() -> None:
    names = [f"plate{plate}_{well}_f{field}" for plate in (1, 2, 3) for well in ("A03", "B07") for field in (1, 2)]
    assert set(specimens_of(names).values()) == {"plate1", "plate2", "plate3"}
    assert set(specimens_of(names[:8]).values()) == {"plate1_A03", "plate1_B07", "plate2_A03", "plate2_B07"}


def test_no_names_have_no_specimens() -> None:
    assert specimens_of([]) == {}


@pytest.mark.parametrize(
    ("names", "specimen"),
    [
        (("Emb01_t1", "Emb01_t2"), "Emb01"),
        (("z00", "z01", "z02"), "all images"),
        (("vnc/section_04", "vnc/section_05"), "vnc"),
        (("fly t=1 raw", "fly t=2 raw"), "fly"),
        (("Emb01_t1", "Emb02_t1"), ""),
        (("vnc/section_04", "hela/section_05"), ""),
        (("img_1", "img_2"), ""),
        (("hippocampus_001", "hippocampus_003"), ""),
        (("Emb01_t1", "Emb01"), ""),
        (("z00",), ""),
        ((), ""),
    ],
)
def test_slices_of_one_volume_and_times_of_one_movie_are_one_specimen(names: tuple[str, ...], specimen: str) -> None:
    assert only_specimen(names) == specimen
