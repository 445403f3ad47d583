"""Curves go to MLflow or Weights & Biases where that is asked for, and nowhere else."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.tracking import TrackingParameters
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled, Metric, Note, RecordingContext
from desktop_app.jobs.train.run import train_model
from desktop_app.jobs.train.tracking import TRACKERS
from desktop_app.jobs.train.tracking.tracked import tracked


@dataclass
class Heard:
    """What a stand-in with the interface of the package was told."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    broken: bool = False

    def __call__(self, *what: Any) -> None:
        if self.broken:
            raise ConnectionError("no route to host")
        self.calls.append(what)

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [call[1:] for call in self.calls if call[0] == name]


@pytest.fixture
def mlflow(monkeypatch: pytest.MonkeyPatch) -> Heard:
    heard = Heard()

    class MlflowClient:
        def __init__(self, tracking_uri: str) -> None:
            heard("client", tracking_uri)

        def get_experiment_by_name(self, name: str) -> Any:
            return SimpleNamespace(experiment_id="7") if name == "known" else None

        def create_experiment(self, name: str) -> str:
            heard("experiment", name)
            return "8"

        def create_run(self, experiment_id: str, run_name: str) -> Any:
            heard("run", experiment_id, run_name)
            return SimpleNamespace(info=SimpleNamespace(run_id="abc"))

        def log_param(self, run_id: str, key: str, value: str) -> None:
            heard("param", run_id, key, value)

        def log_metric(self, run_id: str, key: str, value: float, step: int) -> None:
            heard("metric", run_id, key, value, step)

        def set_terminated(self, run_id: str, status: str) -> None:
            heard("ended", run_id, status)

    module = ModuleType("mlflow")
    module.MlflowClient = MlflowClient  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mlflow", module)
    return heard


@pytest.fixture
def wandb(monkeypatch: pytest.MonkeyPatch) -> Heard:
    heard = Heard()

    def init(**options: Any) -> Any:
        heard("init", options)
        return SimpleNamespace(
            id=options["id"] or "xyz",
            log=lambda values: heard("log", values),
            finish=lambda exit_code: heard("ended", exit_code),
        )

    module = ModuleType("wandb")
    module.init = init  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wandb", module)
    return heard


def config(tmp_path: Path, **tracking: Any) -> TrainingConfig:
    pair = PairConfig(name="secret", image=str(tmp_path / "secret.tif"), labels=str(tmp_path / "l.tif"))
    return TrainingConfig(
        name="nuclei",
        output=str(tmp_path / "run"),
        dataset=DatasetConfig(pairs=(pair,)),
        tracking=TrackingParameters(**tracking),
    )


def test_nothing_is_sent_or_looked_for_unless_it_is_asked_for(tmp_path: Path, mlflow: Heard, wandb: Heard) -> None:
    ctx = RecordingContext()
    with tracked(config(tmp_path), tmp_path, ctx) as same:
        same.report(Metric("loss/train", 1, 0.5))
    assert same is ctx
    assert (mlflow.calls, wandb.calls, list(tmp_path.iterdir())) == ([], [], [])


def test_mlflow_hears_settings_and_curves_but_no_paths(tmp_path: Path, mlflow: Heard) -> None:
    ctx = RecordingContext()
    with tracked(config(tmp_path, to="mlflow"), tmp_path, ctx) as sending:
        sending.report(Metric("score/dice/cell: round", 20, 0.5))
        sending.report(Note("info", "not sent"))
    assert mlflow.named("client") == [((tmp_path / "tracking").resolve().as_uri(),)]
    assert (mlflow.named("experiment"), mlflow.named("run")) == ([("voxelwright",)], [("8", "nuclei")])
    settings = {key: value for _, key, value in mlflow.named("param")}
    assert settings["optimisation.batch_size"] == "2"
    assert not any("secret" in value or str(tmp_path) in value for value in settings.values())
    assert mlflow.named("metric") == [("abc", "score/dice/cell_ round", 0.5, 20)]
    assert mlflow.named("ended") == [("abc", "FINISHED")]
    assert len(ctx.events) == 2


def test_a_run_that_goes_on_is_the_same_one_there(tmp_path: Path, mlflow: Heard) -> None:
    wanted = config(tmp_path, to="mlflow", project="known", address="https://example.org")
    with pytest.raises(JobCancelled), tracked(wanted, tmp_path, RecordingContext()):
        raise JobCancelled
    with tracked(wanted, tmp_path, RecordingContext()) as sending:
        sending.report(Metric("loss/train", 2, 0.25))
    assert mlflow.named("run") == [("7", "nuclei")]
    assert mlflow.named("ended") == [("abc", "KILLED"), ("abc", "FINISHED")]
    assert mlflow.named("client") == [("https://example.org",)] * 2


def test_weights_and_biases_stay_on_this_computer_unless_online_is_set(tmp_path: Path, wandb: Heard) -> None:
    for online in (False, True):
        with tracked(config(tmp_path, to="wandb", online=online), tmp_path, RecordingContext()) as sending:
            sending.report(Metric("loss/train", 10, 0.5))
    (first,), (second,) = wandb.named("init")
    assert (first["mode"], second["mode"]) == ("offline", "online")
    assert (first["id"], second["id"], second["resume"]) == (None, "xyz", "allow")
    assert (first["dir"], first["save_code"]) == (str(tmp_path), False)
    assert "secret" not in str(first["config"])
    assert wandb.named("log") == [({"loss/train": 0.5, "step": 10},)] * 2
    assert wandb.named("ended") == [(0,), (0,)]


def test_a_server_that_goes_away_does_not_end_the_training(tmp_path: Path, mlflow: Heard) -> None:
    ctx = RecordingContext()
    with tracked(config(tmp_path, to="mlflow"), tmp_path, ctx) as sending:
        mlflow.broken = True
        for step in range(3):
            sending.report(Metric("loss/train", step, 0.5))
    assert [note.text for note in ctx.of_kind(Note)] == [
        "Curves are not sent any more: no route to host. The run's folder has all of them."
    ]
    assert len(ctx.of_kind(Metric)) == 3


def test_a_server_that_cannot_be_reached_is_told_before_it_learns(tmp_path: Path, mlflow: Heard) -> None:
    mlflow.broken = True
    with (
        pytest.raises(UserError, match="cannot be started in mlflow: no route to host"),
        tracked(config(tmp_path, to="mlflow"), tmp_path, RecordingContext()),
    ):
        pass


@pytest.mark.parametrize("package", sorted(TRACKERS))
def test_without_the_package_one_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=f"“{package}” is not installed beside Voxelwright"):
        train_model(config(tmp_path, to=package), RecordingContext())
    assert not (tmp_path / "run").exists(), "nothing was learned, so nothing stays"
