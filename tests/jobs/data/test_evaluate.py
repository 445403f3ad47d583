"""Labels are compared by name, with known scores, and one bad file never stops the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled, Note, Progress, RecordingContext
from desktop_app.core.labelling.scheme import LabelKind
from desktop_app.io.tables import read_csv
from desktop_app.jobs.data.evaluate import LabelMeaning, evaluate
from tests.image_files import saved

ERRORS = ("adapted_rand", "voi_split", "voi_merge")  # 0 is best
TRUTH = np.zeros((4, 16, 16), np.uint16)
TRUTH[1:3, 2:6, 2:6] = 1
TRUTH[1:3, 9:13, 9:13] = 2


def test_a_perfect_prediction_with_other_numbers_scores_one(tmp_path: Path) -> None:
    predicted = saved(tmp_path / "p.tif", np.array([0, 9, 4], np.uint16)[TRUTH])
    result = evaluate(predicted, saved(tmp_path / "t.tif", TRUTH), tmp_path / "s.csv", RecordingContext())
    errors = dict.fromkeys(ERRORS, 0.0)
    assert result.mean == pytest.approx(dict.fromkeys(result.mean, 1.0) | errors)
    assert result.f1_at == (1.0,) * 10
    assert (result.cases[0].predicted_objects, result.cases[0].true_objects) == (2, 2)


def test_a_missed_object_is_counted(tmp_path: Path) -> None:
    predicted = saved(tmp_path / "p.tif", np.where(TRUTH == 1, TRUTH, 0).astype(np.uint16))
    result = evaluate(predicted, saved(tmp_path / "t.tif", TRUTH), tmp_path / "s.csv", RecordingContext())
    case = result.cases[0]
    assert (case.precision, case.recall) == (1.0, 0.5)
    assert case.f1 == pytest.approx(2 / 3)
    assert case.dice == pytest.approx(2 / 3)


def test_a_loose_outline_counts_at_half_but_not_at_three_quarters(tmp_path: Path) -> None:
    found = TRUTH.copy()
    found[1:3, 2:4, 2:4] = 0
    found[1:3, 9:10, 9:11] = 0
    predicted = saved(tmp_path / "p.tif", found)
    case = evaluate(predicted, saved(tmp_path / "t.tif", TRUTH), tmp_path / "s.csv", RecordingContext(), iou=0.6).cases[
        0
    ]
    assert (case.f1, case.f1_75) == (1.0, 1.0)
    found[1:3, 2:4, 4:5] = 0
    strict = evaluate(
        saved(tmp_path / "p.tif", found), tmp_path / "t.tif", tmp_path / "s.csv", RecordingContext()
    ).cases[0]
    assert (strict.f1, strict.f1_75) == (1.0, 0.5)


def test_what_single_directions_found_is_left_out(tmp_path: Path) -> None:
    for name in ("a", "a_xy", "a_xz", "a_yz", "b_xy"):
        saved(tmp_path / "predicted" / f"{name}.tif", TRUTH)
    saved(tmp_path / "truth" / "a.tif", TRUTH)
    result = evaluate(tmp_path / "predicted", tmp_path / "truth", tmp_path / "s.csv", RecordingContext())
    assert [case.image for case in result.cases] == ["a", "b_xy"]


def test_folders_are_paired_by_name_and_problems_are_listed(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        saved(tmp_path / "truth" / f"{name}.tif", TRUTH)
    saved(tmp_path / "predicted" / "a.tif", TRUTH)
    saved(tmp_path / "predicted" / "b.tif", TRUTH[:, :8])
    (tmp_path / "predicted" / "d.tif").write_bytes(b"no image")
    ctx = RecordingContext()
    result = evaluate(tmp_path / "predicted", tmp_path / "truth", tmp_path / "s.csv", ctx)
    assert {case.image: bool(case.error) for case in result.cases} == {"a": False, "b": True, "c": True, "d": True}
    assert result.failed == len(ctx.of_kind(Note)) == 3
    assert result.mean["f1"] == 1.0
    assert ctx.of_kind(Progress)[-1].fraction == 1.0
    rows = read_csv(result.table)
    assert [row["image"] for row in rows] == ["a", "b", "d", "c"]
    assert rows[0]["dice"] == "1"
    assert rows[1]["dice"] == ""
    assert "b.tif" in rows[1]["error"]


def test_classes_are_scored_one_by_one(tmp_path: Path) -> None:
    predicted = saved(tmp_path / "p.tif", np.where(TRUTH == 2, 3, TRUTH).astype(np.uint16))
    truth = saved(tmp_path / "t.tif", TRUTH)
    result = evaluate(predicted, truth, tmp_path / "s.csv", RecordingContext(), meaning=LabelMeaning("classes"))
    assert [(case.label_class, case.dice) for case in result.cases] == [(1, 1.0), (2, 0.0), (3, 0.0)]
    assert "f1" not in result.mean


def test_folders_without_common_names_are_refused(tmp_path: Path) -> None:
    saved(tmp_path / "predicted" / "a.tif", TRUTH)
    saved(tmp_path / "truth" / "b.tif", TRUTH)
    with pytest.raises(UserError, match="No image of predicted"):
        evaluate(tmp_path / "predicted", tmp_path / "truth", tmp_path / "s.csv", RecordingContext())


def test_a_folder_and_a_file_are_refused(tmp_path: Path) -> None:
    saved(tmp_path / "predicted" / "a.tif", TRUTH)
    truth = saved(tmp_path / "t.tif", TRUTH)
    with pytest.raises(UserError, match="is a folder"):
        evaluate(tmp_path / "predicted", truth, tmp_path / "s.csv", RecordingContext())


def test_cancel_leaves_no_table(tmp_path: Path) -> None:
    predicted, truth = saved(tmp_path / "p.tif", TRUTH), saved(tmp_path / "t.tif", TRUTH)
    with pytest.raises(JobCancelled):
        evaluate(predicted, truth, tmp_path / "s.csv", RecordingContext(cancel_after=0))
    assert not (tmp_path / "s.csv").exists()


def test_a_mask_has_as_many_objects_as_islands_on_both_sides(tmp_path: Path) -> None:
    mask = np.where(TRUTH > 0, 255, 0).astype(np.uint8)
    ctx = RecordingContext()
    result = evaluate(saved(tmp_path / "p.tif", mask), saved(tmp_path / "t.tif", TRUTH), tmp_path / "s.csv", ctx)
    assert (result.cases[0].predicted_objects, result.cases[0].true_objects, result.mean["f1"]) == (2, 2, 1.0)
    assert any("one value" in note.text for note in ctx.of_kind(Note))


def test_unlabelled_voxels_do_not_count(tmp_path: Path) -> None:
    truth = TRUTH.copy()
    truth[:, :, 8:] = 255
    for kind in ("objects", "classes"):
        result = evaluate(
            saved(tmp_path / "p.tif", TRUTH), saved(tmp_path / "t.tif", truth), tmp_path / "s.csv",
            RecordingContext(), meaning=LabelMeaning(kind, unlabelled=255),
        )  # fmt: skip
        assert {value for score, value in result.mean.items() if score not in ERRORS} == {1.0}
        assert {value for score, value in result.mean.items() if score in ERRORS} <= {0.0}
        assert result.cases[0].label_class == (1 if kind == "classes" else None)


@pytest.mark.parametrize("kind", ["objects", "classes"])
def test_what_does_not_count_is_said_and_so_is_what_perhaps_should_not(tmp_path: Path, kind: LabelKind) -> None:
    truth = TRUTH.astype(np.uint8)
    truth[:, :, 12:] = 255
    found, true = saved(tmp_path / "p.tif", TRUTH), saved(tmp_path / "t.tif", truth)
    named, ctx = LabelMeaning(kind, unlabelled=255), RecordingContext()
    told = evaluate(found, true, None, ctx, meaning=named).unlabelled
    assert (told.value, told.share, told.suspected) == (255, 0.25, None)
    said = "25.0% of the true voxels are unlabelled (value 255) and do not count."
    assert (told.sentence, [note.text for note in ctx.of_kind(Note)]) == (said, [f"p: {said}"])
    ctx = RecordingContext()
    unsaid = evaluate(found, true, None, ctx, meaning=LabelMeaning(kind)).unlabelled
    assert (unsaid.value, unsaid.suspected, unsaid.suspected_share) == (None, 255, 0.25)
    (note,) = ctx.of_kind(Note)
    assert note.level == "warning"
    assert "--unlabelled 255" in note.text


@pytest.mark.parametrize("values", [(0, 255), (0, 1, 2), (0, 254, 255)])
def test_masks_and_common_numbers_are_not_suspected_of_being_unlabelled(
    tmp_path: Path, values: tuple[int, ...]
) -> None:
    truth = np.array(values, np.uint8)[np.minimum(TRUTH, len(values) - 1)]
    ctx = RecordingContext()
    found = evaluate(saved(tmp_path / "p.tif", TRUTH), saved(tmp_path / "t.tif", truth), None, ctx)
    assert not found.unlabelled.sentence
    assert not [note for note in ctx.of_kind(Note) if note.level == "warning"]


@pytest.mark.parametrize("slab_bytes", [1, 10**9])
def test_a_right_object_that_goes_on_where_nothing_is_known_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slab_bytes: int
) -> None:
    found = np.zeros((3, 8, 20), np.uint16)
    found[:, 1:4, 1:4], found[:, 2:6, 8:20], found[:, 6:8, 9:16] = 1, 2, 3
    truth = found.copy()
    truth[:, :, 10:] = 255  # of object 2 two columns of twelve are known; object 3 has no partner
    truth[truth == 3] = 0
    monkeypatch.setattr("desktop_app.core.imaging.region._SLAB_BYTES", slab_bytes)
    result = evaluate(
        saved(tmp_path / "p.tif", found), saved(tmp_path / "t.tif", truth), None,
        RecordingContext(), meaning=LabelMeaning(unlabelled=255),
    )  # fmt: skip
    (case,) = result.cases
    assert (case.f1, case.dice, case.predicted_objects, case.true_objects) == (1.0, 1.0, 2, 2)


def test_background_and_classes_can_be_named(tmp_path: Path) -> None:
    truth = np.where(TRUTH == 0, 7, TRUTH).astype(np.uint16)
    result = evaluate(
        saved(tmp_path / "p.tif", TRUTH), saved(tmp_path / "t.tif", truth), tmp_path / "s.csv",
        RecordingContext(), meaning=LabelMeaning("classes", background=7),
    )  # fmt: skip
    assert [case.label_class for case in result.cases] == [1, 2]
    named = evaluate(
        tmp_path / "p.tif", tmp_path / "t.tif", tmp_path / "s.csv",
        RecordingContext(), meaning=LabelMeaning("classes", class_values=(2, 5)),
    )  # fmt: skip
    assert [(case.label_class, case.dice) for case in named.cases] == [(2, 1.0), (5, None)]
    assert named.undefined == {"dice": 1, "iou": 1}
    assert named.mean == {"dice": 1.0, "iou": 1.0}


def test_objects_of_all_images_are_counted_together_and_the_undefined_stays_out(tmp_path: Path) -> None:
    nothing = np.zeros_like(TRUTH)
    for name, found, true in (
        ("a", TRUTH, TRUTH), ("b", TRUTH, TRUTH), ("c", nothing, TRUTH), ("d", nothing, TRUTH), ("e", nothing, nothing),
    ):  # fmt: skip
        saved(tmp_path / "predicted" / f"{name}.tif", found)
        saved(tmp_path / "truth" / f"{name}.tif", true)
    result = evaluate(tmp_path / "predicted", tmp_path / "truth", tmp_path / "s.csv", RecordingContext())
    assert result.mean["f1"] == pytest.approx(2 * 4 / (2 * 4 + 4))
    assert (result.mean["precision"], result.mean["recall"]) == (1.0, 0.5)
    assert result.mean["dice"] == 0.5
    assert result.undefined["f1"] == 1
    assert result.undefined["precision"] == 3
    row = read_csv(tmp_path / "s.csv")[4]
    assert (row["image"], row["f1"], row["dice"], row["precision"]) == ("e", "", "", "")


def test_labels_beside_their_images_are_compared_and_not_the_images(tmp_path: Path) -> None:
    for name, composed in (("cell0", "cell0"), ("zelle_u\u0308", "zelle_\u00fc")):
        saved(tmp_path / "truth" / f"{name}.tif", np.arange(TRUTH.size, dtype=np.uint16).reshape(TRUTH.shape))
        saved(tmp_path / "truth" / f"{name}_masks.tif", TRUTH)
        saved(tmp_path / "predicted" / f"{composed}.tif", TRUTH)
    result = evaluate(tmp_path / "predicted", tmp_path / "truth", tmp_path / "s.csv", RecordingContext())
    assert result.failed == 0
    assert [case.f1 for case in result.cases] == [1.0, 1.0]


def test_the_table_has_f1_at_each_overlap(tmp_path: Path) -> None:
    found = TRUTH.copy()
    found[1:3, 2:4, 2:4] = 0  # 12 of 16 pixels: counts up to 0.75
    truth = saved(tmp_path / "t.tif", TRUTH)
    result = evaluate(saved(tmp_path / "p.tif", found), truth, tmp_path / "s.csv", RecordingContext())
    row = read_csv(tmp_path / "s.csv")[0]
    assert [row[f"f1_at_{t:.2f}"] for t in (0.5, 0.75, 0.8, 0.95)] == ["1", "1", "0.5", "0.5"]
    assert float(row["average_precision"]) == pytest.approx((6 + 4 / 3) / 10)
    assert result.details["p"].matches[0].iou == 0.75


def test_scores_are_the_same_a_slice_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    truth = np.kron(rng.integers(0, 12, (6, 5, 5)), np.ones((1, 4, 4))).astype(np.uint16)
    found = np.where(rng.random(truth.shape) < 0.2, 0, np.roll(truth, 1, axis=1)).astype(np.uint16)
    truth[2:4, :9] = 11
    files = saved(tmp_path / "p.tif", found), saved(tmp_path / "t.tif", truth)
    masks = saved(tmp_path / "pm.tif", (found > 8) * 255), saved(tmp_path / "tm.tif", (truth > 8) * 255)
    meanings = LabelMeaning(), LabelMeaning(unlabelled=11, background=3), LabelMeaning("classes", unlabelled=11)

    def scores() -> list[object]:
        both = [(files, meaning) for meaning in meanings] + [(masks, LabelMeaning())]
        return [evaluate(*pair, None, RecordingContext(), meaning=meaning).cases for pair, meaning in both]

    whole = scores()
    monkeypatch.setattr("desktop_app.core.imaging.region._SLAB_BYTES", 1)
    assert scores() == whole
