"""What is peculiar to a family of methods stands in its rooms alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from desktop_app.core.recipes.registry import RECIPES

PROGRAM = Path(__file__).resolve().parents[2] / "desktop_app"
TABLES = ("core/recipes/registry.py", "ml/recipes/registry.py")
"""One line for each family."""
RECORDS = ("core/networks/", "ml/networks/", "core/losses/", "ml/losses/")
"""Networks and losses say which recipes they serve."""
SCORE = re.compile(r"panoptic[ _]quality", re.IGNORECASE)
"""A score of any labels, named by Kirillov et al. 2019 (arXiv 1801.00868)."""


ROOMS = tuple(f"{part}/{family}/" for family in RECIPES for part in ("core/recipes", "ml/recipes", "objects"))
"""One family may use a word that is the name of another, as that of the map of classes."""


def _files_outside(*rooms: str) -> list[tuple[str, str]]:
    files = ((path.relative_to(PROGRAM).as_posix(), path) for path in sorted(PROGRAM.rglob("*.py")))
    return [(name, path.read_text(encoding="utf-8")) for name, path in files if not name.startswith(rooms)]


COMMON = {"NoPrediction", "LooksPrediction", "SampledPrediction"}
"""Models of parameters that several families have, and so belong to none."""


@pytest.mark.parametrize("family", sorted(RECIPES))
def test_the_name_of_a_family_stands_in_its_rooms_alone(family: str) -> None:
    known = re.compile(family, re.IGNORECASE)
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, text in _files_outside(*ROOMS, *TABLES, *RECORDS)
        for number, line in enumerate(text.splitlines(), start=1)
        if known.search(SCORE.sub("", line))
    ]
    assert found == []


@pytest.mark.parametrize("family", sorted(RECIPES))
def test_nobody_asks_whether_parameters_are_those_of_a_family(family: str) -> None:
    info = RECIPES[family]
    models = {model.__name__ for model in (info.training, info.decode, info.prediction)} - COMMON
    asked = re.compile(rf"\b(?:{'|'.join(models)})\b")
    found = [name for name, text in _files_outside(*ROOMS, *RECORDS) if asked.search(text)]
    assert found == []


@pytest.mark.parametrize("family", sorted(RECIPES))
def test_nobody_looks_for_the_parameters_of_a_family_by_their_names(family: str) -> None:
    info = RECIPES[family]
    names = {
        info.scale_parameter,
        info.plane_parameter,
        info.region_parameter,
        info.layers_parameter,
        *info.training.model_fields,
        *info.prediction.model_fields,
    } - {"", "loss", "loss_parameters", "plane", "result"}
    name = f"""["'](?:{"|".join(sorted(names))})["']"""
    sought = re.compile(rf"{name} (?:not )?in |get\({name}")
    found = [f"{file}: {match.group()}" for file, text in _files_outside(*ROOMS) for match in sought.finditer(text)]
    assert found == []
