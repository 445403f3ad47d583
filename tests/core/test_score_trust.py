from __future__ import annotations

from desktop_app.core.score_trust import RANGES, ScoreTrust, number_with_range, ranges_of, with_range


def test_scores_on_new_specimens_need_no_words() -> None:
    assert ScoreTrust({"f1": (0.8, 0.9)}, 6, ("Emb01", "Emb02")).sentences == ()


def test_one_specimen_says_nothing_of_others() -> None:
    (said,) = ScoreTrust({}, 3, ("Emb01",)).sentences
    assert said.startswith("All 3 images kept aside are of one specimen, Emb01")
    (said,) = ScoreTrust({}, 1, ("a",)).sentences
    assert said.startswith("A single image was kept aside")


def test_specimens_that_were_learned_from_flatter() -> None:
    (said,) = ScoreTrust({}, 3, ("a", "b"), ("a",)).sentences
    assert "less well than these scores say" in said


def test_classes_that_no_image_has_are_named() -> None:
    said = ScoreTrust({}, 3, ("a", "b"), unseen=("Glia", "Synapse")).sentences[0]
    assert said.startswith("Glia and Synapse are in none of the images kept aside")
    assert ScoreTrust({}, 3, ("a", "b"), unseen=("Glia",)).sentences[0].startswith("Glia is in none")


def test_a_range_stands_beside_its_score() -> None:
    assert with_range(0.871, (0.802, 0.934)) == "87% (80 to 93%)"
    assert with_range(0.871, None) == "87%"
    assert number_with_range(0.8712, (0.8, 0.9342)) == "0.871 (0.800 to 0.934)"
    assert number_with_range(0.8712, None) == "0.871"


def test_ranges_of_a_strange_model_are_taken_where_they_are_some() -> None:
    strange = {"f1": [0.8, 0.9], "dice": [0.9], "iou": "xy", "pq": [None, 2], "recall": {"a": 1}}
    assert ranges_of({RANGES: strange}) == {"f1": (0.8, 0.9)}
    assert ranges_of({RANGES: [1, 2]}) == ranges_of({}) == {}
