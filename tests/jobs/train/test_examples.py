"""Published trainings that come with the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.networks.registry import require_patch
from desktop_app.jobs.train.examples import EXAMPLES, example_file, offered_for, settings_file
from desktop_app.jobs.train.settings import read_settings, settings_of_file


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_a_training_that_fits_together(name: str) -> None:
    config = settings_of_file(example_file(name), TrainingConfig(network="unet3d", patch_size=(16, 32, 32)))
    require_patch(config.network, config.network_arguments, config.patch_size)
    assert offered_for(name, config)
    said = read_settings(example_file(name))
    for group, values in said.items():
        found = getattr(config, group)
        if isinstance(values, dict):
            held = found if isinstance(found, dict) else found.model_dump()
            assert {key: held[key] for key in values} == values
        else:
            assert (list(found) if isinstance(found, tuple) else found) == values


def test_a_model_to_improve_is_offered_what_its_network_learned_by() -> None:
    config = TrainingConfig(recipe="embedding", network="unet3d", patch_size=(16, 32, 32))
    embeddings = {"embedseg-pretrain", "embedseg-finetune"}
    assert {name for name in EXAMPLES if offered_for(name, config)} == embeddings
    improved = config.model_copy(update={"start_from": "some.vwmodel"})
    assert {name for name in EXAMPLES if offered_for(name, improved)} == embeddings
    other = improved.model_copy(update={"network": "erfnet3d"})
    assert not any(offered_for(name, other) for name in EXAMPLES)


def test_every_file_has_its_record() -> None:
    assert {path.stem for path in example_file("nnunet").parent.iterdir()} == set(EXAMPLES)


def test_a_name_stands_for_an_example_unless_a_file_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings_file(Path("nnunet")) == example_file("nnunet")
    assert settings_file(Path("other.json")) == Path("other.json")
    Path("nnunet").write_text("{}")
    assert settings_file(Path("nnunet")) == Path("nnunet")
