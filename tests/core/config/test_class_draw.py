from __future__ import annotations

from desktop_app.core.config.class_draw import (
    ClassDraw,
    SplitPart,
    deal_for_classes,
    draw_for_classes,
    draw_in_words,
    held_classes,
)
from desktop_app.core.config.dataset import PairConfig

NAMES = {1: "Nucleus", 2: "Nucleolus", 3: "Spindle"}


def _drawn(parts: str, classes: list[set[int]], fixed: str = "") -> tuple[str, ClassDraw]:
    """The parts (t, v, x for the test) after a draw of units of one image, named a, b, c …."""
    full: dict[str, SplitPart] = {"t": "train", "v": "validation", "x": "test"}
    given = [full[letter] for letter in parts]
    units = {name: [place] for place, name in enumerate("abcdefghij"[: len(parts)])}
    held = {name: frozenset(values) for name, values in zip(units, classes, strict=True)}
    order = [name for name in units if name not in fixed]
    found = draw_for_classes(given, units, held, order, {"validation": parts.count("v"), "test": parts.count("x")})
    return "".join("x" if part == "test" else part[0] for part in given), found


def test_a_class_that_nothing_would_learn_is_learned() -> None:
    parts, found = _drawn("vttt", [{1, 2}, {1}, {1}, {1}])
    assert parts == "tvtt"
    assert found == ClassDraw({}, {"a": (2,)})


def test_a_class_of_several_images_is_checked_by_one_of_them() -> None:
    parts, found = _drawn("vtttt", [{1}, {1}, {1}, {1, 2}, {1, 2}])
    assert parts == "tttvt"
    assert found == ClassDraw({"d": (2,)}, {})


def test_the_test_gives_back_what_nothing_would_learn() -> None:
    assert _drawn("tvxt", [{1}, {1}, {1, 2}, {1}])[0] == "xvtt"


def test_learning_a_class_goes_before_checking_it_and_no_swap_is_made_in_vain() -> None:
    assert _drawn("vttt", [{2}, {1}, {1}, {1}])[0] == "tvtt"
    one = _drawn("vttt", [{1, 2}, {1, 2}, {3}, {1}])  # the only image with a class stays in the training
    assert one == ("vttt", ClassDraw({}, {}))
    apart = _drawn("vttt", [{1}, {1}, {2}, {2}])  # a swap would gain one class and lose another
    assert apart == ("vttt", ClassDraw({}, {}))


def test_what_the_user_chose_stays() -> None:
    assert _drawn("vttt", [{1}, {1}, {2}, {2}], fixed="a")[0] == "vttt"
    assert _drawn("vtttt", [{1}, {1}, {1}, {1, 2}, {1, 2}], fixed="d")[0] == "ttttv"


def test_parts_stay_about_as_large_as_wished() -> None:
    units = {"small": [0], "big": [1, 2, 3, 4], "other": [5, 6], "more": [7, 8]}
    held = {name: frozenset({1} if name in ("small", "more") else {1, 2}) for name in units}
    parts: list[SplitPart] = ["validation", *(["train"] * 8)]
    draw_for_classes(parts, units, held, list(units), {"validation": 2})
    assert [place for place, part in enumerate(parts) if part == "validation"] == [5, 6]


def test_it_is_said_in_one_sentence() -> None:
    pairs = [PairConfig(name=name, image=name, group="fish2" if place > 1 else "") for place, name in enumerate("abcd")]
    units = {"u": [0], "v": [1], "fish2": [2, 3]}
    assert draw_in_words(ClassDraw({}, {}), pairs, units, NAMES) == ""
    assert draw_in_words(ClassDraw({"u": (2,)}, {}), pairs, units, NAMES) == (
        "Image a is kept aside, so that class Nucleolus can be scored."
    )
    assert "that class 2 can" in draw_in_words(ClassDraw({"u": (2,)}, {}), pairs, units, {2: "Class 2"})
    both = draw_in_words(ClassDraw({"u": (2,), "v": (3,)}, {"fish2": (1,)}), pairs, units, NAMES)
    assert both == (
        "Images a and b are kept aside, so that classes Nucleolus and Spindle can be scored; group fish2 is "
        "learned from, so that class Nucleus can be found."
    )


def test_classes_are_known_only_where_all_images_were_looked_at() -> None:
    pairs = [PairConfig(name=name, image=name, classes=(0, 1, 5)) for name in "ab"]
    units = {"one": [0, 1]}
    assert held_classes(pairs, units, (1, 2)) == {"one": frozenset({1})}
    assert held_classes([pairs[0], PairConfig(name="b", image="b")], units, (1, 2)) is None


def test_no_class_of_several_images_lies_in_one_part_of_a_cross_validation() -> None:
    units = {name: [place] for place, name in enumerate("abcdef")}
    held = {name: frozenset({1, 2} if name in "ab" else {1}) for name in units} | {"f": frozenset({1, 3})}
    part_of = [1, 1, 2, 2, 3, 3]
    deal_for_classes(part_of, units, held)
    assert part_of[0] != part_of[1]
    assert sorted(part_of) == [1, 1, 2, 2, 3, 3]
    assert part_of[4:] == [3, 3]  # one image alone has class 3: no deal helps
    good = [1, 2, 1, 2, 3, 3]
    deal_for_classes(good, units, held)
    assert good == [1, 2, 1, 2, 3, 3]
