"""Epochs as named numbers, for experiment trackers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from striate.tables import table_to_dict
from striate.training.callbacks import Callback, Epoch

if TYPE_CHECKING:
    from striate.nn import Network


def epoch_metrics(epoch: Epoch) -> dict[str, float]:
    """An epoch's numbers, by the names that trackers show.

    >>> epoch_metrics(Epoch(1, 0.5, 0.75, 0.625, 0.5, 0.125, 1000.0, 2.0))["loss/validation"]
    0.625
    """
    return {
        "loss/training": epoch.train_loss,
        "accuracy/training": epoch.train_accuracy,
        "loss/validation": epoch.test_loss,
        "accuracy/validation": epoch.test_accuracy,
        "learning rate": epoch.learning_rate,
        "images per second": epoch.images_per_second,
    }


class MetricsLogger(Callback):
    """Hands each epoch's numbers to an experiment tracker: MLflow, W&B, Trackio, or any other that has such functions.

    The tracker's run is the caller's, who begins and ends it.

        with mlflow.start_run():
            logger = striate.training.MetricsLogger(mlflow.log_metrics, mlflow.log_params)
            striate.train("lenet5", "digits", "runs/first", callbacks=[logger])

    Args:
        log: called with an epoch's numbers by name, and the epoch, counted from 1: `mlflow.log_metrics`, `run.log`.
        log_settings: called once, before the first epoch, with the name of the table and the fields of its recipe
            ("optimizer.momentum"): `mlflow.log_params`, `run.config.update`.
    """

    def __init__(
        self,
        log: Callable[[dict[str, float], int], object],
        log_settings: Callable[[dict[str, Any]], object] | None = None,
    ) -> None:
        self._log, self._log_settings = log, log_settings

    def on_network(self, network: Network) -> None:
        """Log the table's name and its recipe."""
        if self._log_settings is not None:
            recipe = table_to_dict(network.table, defaults=True)["recipe"]
            self._log_settings({"table": network.table.name, **_flat(recipe)})

    def on_epoch(self, epoch: Epoch) -> None:
        """Log the numbers of an epoch."""
        self._log(epoch_metrics(epoch), epoch.epoch)


def _flat(fields: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Fields by their paths, joined by dots."""
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {prefix + name: value}
    return flat
