"""The manual's pages about every parameter."""

from __future__ import annotations

import re

from desktop_app.core.labelling.tools import TOOLS
from desktop_app.core.losses.registry import LOSSES
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.papers import linked
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.jobs.parameter_pages import parameter_pages
from desktop_app.jobs.utilities.registry import UTILITIES
from desktop_app.objects.operations import OPERATIONS


def test_what_has_parameters_has_a_table() -> None:
    text = "\n".join(page.text for page in parameter_pages())
    headings = set(re.findall(r"^## (.+)$", text, re.MULTILINE))
    forms = [(each.title, each.parameters) for each in (*OPERATIONS.values(), *UTILITIES.values(), *LOSSES.values())]
    forms += [(tool.title, tool.options) for tool in TOOLS.values()]
    forms += [(info.title, info.arguments) for info in NETWORKS.values()]
    forms += [(f"{info.title}: objects", info.decode) for info in RECIPES.values()]
    wanted = {title for title, model in forms if any(f.title and f.description for f in model.model_fields.values())}
    assert wanted <= headings
    assert len(wanted) > 60


def test_networks_name_their_papers_with_links() -> None:
    text = {page.name: page.text for page in parameter_pages()}["parameters-networks"]
    assert "| V-Net, 3D | Milletari et al. 2016, [arXiv 1606.04797](https://arxiv.org/abs/1606.04797) |" in text
    assert text.count("](https://") >= len(NETWORKS)
    assert linked("A 2021, doi 10.1/x-y; B: C 2020, arXiv 1.2") == (
        "A 2021, [doi 10.1/x-y](https://doi.org/10.1/x-y); B: C 2020, [arXiv 1.2](https://arxiv.org/abs/1.2)"
    )


def test_rows_say_default_unit_and_advice() -> None:
    pages = {page.name: page for page in parameter_pages()}
    training = pages["parameters-training"].text
    assert training.startswith("# Parameters of training\n\n## Every training\n\n| Parameter | Default |")
    assert re.search(r"^\| .*: Mirror \| on \| Right for nearly all microscopy\. \|$", training, re.MULTILINE)
    assert re.search(r"^\| Memory for undo \| 512 MB \|", pages["parameters-settings"].text, re.MULTILINE)
    rows = [line for page in pages.values() for line in page.text.splitlines() if line.startswith("| ")]
    assert {line.count("|") for line in rows} == {4}
