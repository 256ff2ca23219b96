"""Calibrate a trained model on validation pictures: its probabilities, and a threshold for none of its classes.

A training does it at its end. This command does it for models of earlier versions, for another false-alarm rate, or
with pictures of one's own: --data, split as when the model was trained. The model file gets the temperature, the
distance from the training data with its threshold, and the thresholds of prediction sets; its weights stay as they are.
The pictures are divided by content: what is printed is of pictures that nothing was fitted to.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import MODEL_HELP, fraction, model_argument, path_argument
from striate.cli.data import add_data_arguments, data_options, say_listed
from striate.cli.device import add_device_argument, device_option
from striate.cli.output import print_json, print_message, print_text
from striate.errors import DataError, ModelError, TrainingError

if TYPE_CHECKING:
    from striate.data import Dataset, DataSource
    from striate.nn import Model, Reliability

NAME = "calibrate"
HELP = "probabilities that mean something, and a threshold for none of the classes"
EXAMPLE = "striate calibrate runs/first"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate calibrate`."""
    parser.add_argument("model", metavar="MODEL", type=model_argument, help=MODEL_HELP)
    add_data_arguments(parser, required=False)
    words = "share of pictures like the training data that may be said to be of none of the classes (0.01)"
    parser.add_argument("--false-alarms", type=fraction, default=0.01, metavar="X", help=words)
    words = "the model file to write (the model's own; needed for a model that ships)"
    parser.add_argument("--out", metavar="FILE", type=path_argument, help=words)
    add_device_argument(parser)
    parser.set_defaults(wrong_usage=parser.error)


def run(options: argparse.Namespace) -> None:
    """Calibrate, write the model file, and print what it gives."""
    from dataclasses import replace

    from striate.nn import find_model, load_model, save_model
    from striate.runtime import find_device
    from striate.training import TrainedOn, calibrate

    model, path = load_model(options.model), find_model(options.model)
    out = Path(options.out) if options.out else path
    if options.out is None and not Path(options.model).exists():
        options.wrong_usage("--out FILE is needed: a model that ships stays as it is")
    if not out.absolute().parent.is_dir():
        raise ModelError(f"{out.parent}: no such folder")
    device = find_device("float32", device=device_option(options))
    dataset = _load(options, model)
    network = model.network.to(device.device)
    if not len(dataset.train) or not len(dataset.validation):
        raise DataError(f"{dataset.name}: pictures to train on and to validate with are needed; it lacks one of them")
    leaked = TrainedOn.load(path.parent, model.training).count(dataset.validation, dataset)
    if leaked:
        print_message(f"{leaked:,} of the validation pictures were trained on: expect more false alarms on new ones")
    reliability = calibrate(network, dataset, device, false_alarms=options.false_alarms)
    if reliability is None:
        raise ModelError(f"{options.model}: its logits on {dataset.name} are not finite")
    save_model(out, replace(model, network=network.cpu(), reliability=reliability))
    if options.json:
        print_json({"schema": 1, "file": str(out), **reliability_document(reliability)})
    else:
        print_text(f"{out}: calibrated on {dataset.name}")
        for line in reliability_lines(reliability):
            print_text(line)


def _load(options: argparse.Namespace, model: Model) -> Dataset:
    """The data set: the one of --data, or the run's own."""
    from striate.cli.live import counting
    from striate.data import DataOptions, load_dataset
    from striate.training import RUN_CONFIG_NAME, load_run_config, trained_options

    source: DataSource = options.data
    base = DataOptions()
    if source is None:
        if not Path(options.model, RUN_CONFIG_NAME).is_file():
            options.wrong_usage("--data is needed: only a run directory says where its data lie")
        config = load_run_config(options.model, finished=True)
        if config.from_python:
            raise TrainingError(f"{options.model}: its data were given from Python: give --data")
        source, base = config.source, config.options.data
    with counting() as show:
        return load_dataset(
            source,
            model.network.table,
            data_options(options, trained_options(model.training, base)),
            classes=model.classes,
            on_progress=partial(show, "decoding"),
            on_listed=say_listed,
        )


def reliability_document(reliability: Reliability) -> dict[str, Any]:
    """As JSON, without the numbers of the distance."""
    return {
        "temperature": reliability.temperature,
        "false_alarm_rate": reliability.false_alarms,
        "row": None if reliability.distance is None else reliability.distance.row,
        "threshold": reliability.threshold,
        "sets": [{"coverage": coverage, "threshold": limit} for coverage, limit in reliability.sets.items()],
        "report": dict(reliability.report),
    }


def reliability_lines(reliability: Reliability) -> list[str]:
    """What a calibration gives, as lines."""
    report = reliability.report
    lines = [f"temperature {reliability.temperature:.3g}"]
    if reliability.threshold is None:
        lines.append(
            f"no threshold for none of these: too few validation pictures for a rate of {reliability.false_alarms:.2%},"
            " or no row with maps"
        )
    if not report.get("images"):
        return [*lines, "no validation picture is left to measure it on"]
    before, after = report["calibration_error"]
    lines.append(
        f"on {report['images']:,} validation pictures that nothing was fitted to: expected calibration error"
        f" {before:.2%} before, {after:.2%} after"
    )
    if reliability.threshold is not None:
        rate = f"{reliability.false_alarms:.2%}"
        lines.append(f"none of these: {report['false_alarms']:.2%} false alarms, {rate} asked for")
    lines += [
        f"sets of coverage {coverage:g}: {found:.2%} hold the true class, {size:.2f} classes each"
        for coverage, found, size in report["sets"]
    ]
    return lines
