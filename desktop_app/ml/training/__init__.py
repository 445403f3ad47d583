"""The training loop, checkpoints and logs."""

from desktop_app.ml.training.run import finish_training, run_training

__all__ = ["finish_training", "run_training"]
