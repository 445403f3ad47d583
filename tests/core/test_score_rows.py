from __future__ import annotations

from desktop_app.core.score_rows import metric_rows, titled_scores
from desktop_app.io.models.readme import model_readme
from tests.cards import semantic_card

CARD = semantic_card(name="Nuclei", metrics={"score/f1": 0.9123, "score/dice": 0.8})


def test_scores_are_said_in_words_the_most_telling_first() -> None:
    assert metric_rows(CARD) == [("Objects found rightly", "0.912"), ("Overlap with the truth", "0.800")]
    assert "| Objects found rightly | 0.912 |" in model_readme(CARD)


def test_a_score_has_one_name_on_a_card() -> None:
    one = {"dice": 0.889, "dice/Object": 0.889, "score": 0.889, "test/dice": 0.7, "odd_one": 0.5}
    assert metric_rows(CARD.model_copy(update={"metrics": one})) == [
        ("Overlap with the truth", "0.889"),
        ("Odd one", "0.500"),
        ("Overlap with the truth, test images", "0.700"),
    ]
    two = {"dice": 0.8, "dice/Fat": 0.7, "dice/Gap": 0.9}
    card = CARD.model_copy(update={"metrics": two, "class_names": ("Fat", "Gap")})
    assert [title for title, _ in metric_rows(card)][1:] == [
        "Overlap with the truth, Fat",
        "Overlap with the truth, Gap",
    ]


def test_scores_of_the_only_class_and_of_the_start_model_are_no_rows_of_their_own() -> None:
    one = {"score": 0.8, "dice/Cell": 0.8, "dice": 0.8, "start/dice": 0.7, "test/dice": 0.6}
    assert dict(titled_scores(one)) == {
        "dice": "Overlap with the truth",
        "test/dice": "Overlap with the truth, test images",
    }
    assert [title for _, title in titled_scores({"dice/Fat": 0.7, "dice/Gap": 0.9})] == [
        "Overlap with the truth, Fat",
        "Overlap with the truth, Gap",
    ]


def test_a_card_speaks_of_brackets_only_where_there_are_some() -> None:
    brackets, kept = "In brackets: between", {"score_ranges": {"f1": (0.8, 0.95)}}
    assert brackets in model_readme(CARD.model_copy(update={"metrics": {"f1": 0.9}, "training": kept}))
    assert brackets not in model_readme(CARD.model_copy(update={"metrics": {"test/f1": 0.9}, "training": kept}))
