"""Train the models that ship, from seed to card: each by one command, then evaluated, and copied into the package.

    python scripts/ship.py [NAME ...] --work DIR --cifar DIR [--data-dir DIR]
    python scripts/ship.py --cards [NAME ...] --cifar DIR [--data-dir DIR]

Without NAME all of them. The runs are kept in `--work`, in a folder a model. The script run again resumes a run that
was interrupted, and trains none that is finished, so that all may take several sittings. `--cifar` is the folder that
holds CIFAR-10's pictures as JPEG in train/ and test/, with a folder a class; MNIST is found as by `striate train`.
`--cards` trains nothing: the models in the package are evaluated, and their cards written again.

To add a model, add it to MODELS.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from striate.analysis import summarize
from striate.models import samples_of
from striate.nn import Metadata, read_metadata
from striate.tables import recipe_lines
from striate.training import MODEL_CARD_NAME, RUN_CONFIG_NAME, reliability_section

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "striate" / "models"
README = ROOT / "README.md"
MOST_BYTES = 1_300_000
"""Of a model: all that ship, the page and the code have 6 MB in the wheel."""


@dataclass(frozen=True)
class Data:
    """What a model was trained on, in the words of its card. `argument` is --data, None for the folder of --cifar."""

    kind: str
    title: str
    argument: str | None
    part: str  # that is evaluated: no picture of it was trained on
    parts: str
    licence: str
    not_for: str


@dataclass(frozen=True)
class ShippedModel:
    """A model that ships: its table, its data, and how it is trained; `chosen` is what its test pictures decided."""

    table: str
    data: Data
    arguments: tuple[str, ...]
    chosen: str = "No epoch and no setting was chosen by the pictures that the scores are of."


MNIST = Data(
    "handwritten digits",
    "MNIST (LeCun, Cortes, Burges): digits, gray, light on dark, 28×28",
    "mnist",
    "validation",
    "The scores are those on MNIST's 10,000 test images, which are this training's validation images.",
    """MNIST's authors state no licence with it; Keras' documentation names theirs as CC BY-SA 3.0. None of its
pictures is in the package.""",
    """It knows digits only. A picture that is less like MNIST's than nearly all of them is said to be of none of them;
most printed letters are near enough not to be. A picture of another size than 28×28 is taken for a photo of one digit:
the digit is cut out and set as MNIST's are. It reads no numbers of several digits and no letters.""",
)
CIFAR = Data(
    "photographs of ten kinds",
    "CIFAR-10 (Krizhevsky, Nair, Hinton 2009): photographs of ten kinds, 32×32, in colour",
    None,
    "test",
    """The pictures are not CIFAR-10's own: others re-encoded them as JPEG (quality 75, colour at half the resolution),
which costs networks accuracy. So the scores are not to be compared with the literature's, which are of the original
pictures. *Test* is CIFAR-10's test part, which took no part in the training; *validation* is a tenth of its training
part, drawn by content, by which the training was watched.""",
    """CIFAR-10 has no explicit licence. Its authors collected its pictures from the web, for research; none of them is
in the package.""",
    """It knows ten kinds of things. Drawings and noise are mostly said to be of none of them, photographs of other
things mostly not: the sample `shirt.jpg` is of none of them, and passes. It learned from pictures of 32×32 that one
thing fills; a larger photograph is cut square in its middle and scaled down to that. Do not use it where a mistake
matters.""",
)

SHORT = ("--short", "--val-fraction", "0.1", "--seed", "0", "--precision", "float32")
# In single precision scores are the same on every machine, to a picture.
MODELS = {
    "lenet5": ShippedModel(
        "lenet5:distorted",
        MNIST,
        ("--seed", "0", "--precision", "float32"),
        "No epoch was chosen by the pictures that the scores are of, but j was (5, of 1, 5 and 20): expect a little"
        " less on other pictures.",
    ),
    "alexnet:small": ShippedModel("alexnet:small", CIFAR, SHORT),
    "googlenet:small": ShippedModel("googlenet:small", CIFAR, SHORT),
    "resnet20": ShippedModel("resnet20", CIFAR, SHORT),
}


def main() -> None:
    """Train, evaluate and copy the models that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="NAME", nargs="*", type=model_name, help=f"of {', '.join(MODELS)}")
    parser.add_argument("--work", metavar="DIR", type=Path, help="where the runs are kept")
    parser.add_argument("--cards", action="store_true", help="train nothing, and write the cards again")
    parser.add_argument("--cifar", metavar="DIR", type=Path, help="CIFAR-10 as JPEG: train/ and test/")
    parser.add_argument("--data-dir", metavar="DIR", help="MNIST's folder, if Striate does not find it by itself")
    options = parser.parse_args()
    if options.cards == (options.work is not None):
        parser.error("give --work DIR to train, or --cards")
    there = [name for name in MODELS if package_file(name, "safetensors").exists()]
    names = options.names or (there if options.cards else list(MODELS))
    if options.cifar is None and any(MODELS[name].data is CIFAR for name in names):
        parser.error("--cifar DIR is needed, the folder with train/ and test/")
    for name in names:
        model, file = MODELS[name], package_file(name, "safetensors")
        if not options.cards:
            run = options.work / file.stem
            train(model, run, options)
            copy(run, file)
        card(name, file, evaluate(model, file, options))


def model_name(text: str) -> str:
    """The name of a model in MODELS, as an argument."""
    if text not in MODELS:
        raise argparse.ArgumentTypeError(f"expected one of {', '.join(MODELS)}, got {text!r}")
    return text


def package_file(name: str, suffix: str) -> Path:
    """A model's file in the package: Windows allows no colon in a file's name."""
    return PACKAGE / f"{name.replace(':', '-')}.{suffix}"


def data_arguments(model: ShippedModel, options: argparse.Namespace) -> tuple[str, ...]:
    """`--data` and its folder."""
    if model.data.argument is None:
        return ("--data", str(options.cifar))
    folder = ("--data-dir", options.data_dir) if options.data_dir else ()
    return ("--data", model.data.argument, *folder)


def train(model: ShippedModel, run: Path, options: argparse.Namespace) -> None:
    """Begin or resume a run, unless it is finished."""
    if (run / MODEL_CARD_NAME).exists():  # the last that a training writes
        print(f"{run}: is finished", flush=True)
    elif (run / RUN_CONFIG_NAME).exists():
        run_training("--resume", str(run))
    else:
        run_training(model.table, *data_arguments(model, options), *model.arguments, "--out", str(run))


def run_training(*arguments: str) -> None:
    """Run `striate train`; SystemExit if it does not come to its end. Ctrl-C reaches it too, and it ends by itself."""
    with subprocess.Popen([sys.executable, "-m", "striate", "train", *arguments]) as process:
        while (code := process.poll()) is None:
            with contextlib.suppress(KeyboardInterrupt):
                process.wait()
    if code:
        raise SystemExit(code)


def copy(run: Path, file: Path) -> None:
    """Copy a run's model into the package. SystemExit if it is too large."""
    size = (run / "model.safetensors").stat().st_size
    if size > MOST_BYTES:
        raise SystemExit(f"{run}: its model has {size:,} bytes; at most {MOST_BYTES:,} may ship")
    shutil.copyfile(run / "model.safetensors", file)


def evaluate(model: ShippedModel, file: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The scores on the pictures that it has not learned from, as `striate evaluate` gives them."""
    how = ("--engine", "torch", "--precision", "float32", "--part", model.data.part, "--raw", "--json")
    command = [sys.executable, "-m", "striate", "evaluate", str(file), *data_arguments(model, options), *how]
    done = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    evaluation: dict[str, Any] = json.loads(done.stdout)
    return evaluation


def card(name: str, file: Path, evaluation: dict[str, Any]) -> None:
    """Write a model's card, and its line in the README."""
    model, metadata = MODELS[name], read_metadata(file)
    text = card_text(name, model, metadata, evaluation)
    file.with_suffix(".md").write_text(text, encoding="utf-8", newline="\n")
    write_readme_line(name, metadata, evaluation, file.stat().st_size)
    print(f"{name}: top-1 {evaluation['top1']:.2%} of {evaluation['images']:,} pictures", flush=True)


def card_text(name: str, model: ShippedModel, metadata: Metadata, evaluation: dict[str, Any]) -> str:
    """The model card as Markdown."""
    table, training, validation = metadata.plan.table, metadata.training, metadata.scores
    images, top1, calibration = evaluation["images"], evaluation["top1"], evaluation["calibration"]
    total = summarize(table).total
    data = "CIFAR" if model.data.argument is None else model.data.argument
    out = f"runs/{name.replace(':', '-')}"
    command = f"striate train {model.table} --data {data} --out {out} {' '.join(model.arguments)}"
    classes = "\n".join(
        f"| {one['name']} | {one['precision']:.1%} | {one['recall']:.1%} | {one['images']} |"
        for one in evaluation["classes"]
    )
    certainty = sum(part["certainty"] * part["images"] for part in calibration["bins"]) / images
    recipe = "\n".join(f"| {key} | {words} |" for key, words in recipe_lines(table))
    return f"""# {name}: {model.data.kind}

Its classes: {", ".join(metadata.classes)}. Its network: `{table.name}`, {total.parameters:,} parameters, {total.macs:,}
multiply-adds for an image of {"×".join(map(str, table.input))} (channels, height, width). {table.source}.

```
striate predict {name} picture.jpg
striate predict {name} --samples
```

## Scores on {images:,} pictures that it has not learned from

Top-1 **{top1:.2%}**, top-5 {evaluation["top5"]:.2%}, loss {evaluation["loss"]:.4f}. {model.chosen}

| class | precision | recall | pictures |
|---|---|---|---|
{classes}

**Calibration of the logits' softmax** (`striate evaluate --raw`). Expected calibration error
{calibration["error"]:.2%}: the mean highest probability is {certainty:.2%}, the share of right answers {top1:.2%}. The
pictures are sorted by their highest probability into 15 bins of equal width; the error is the mean over the pictures of
the distance between the share of right answers in their bin and the mean probability there.

{reliability_section(metadata.reliability)}
## What it is not for

{model.data.not_for}

## Data

{model.data.title}.
{training["images"]:,} pictures for training, {validation["images"]:,} for validation ({validation["top1"]:.2%} right).
{model.data.parts}

{model.data.licence}

## Training

```
{command}
```

{training["epochs"]} epochs, {training["seconds"]:,.0f} s on {training["device"]} ({training["machine"]}),
torch {training["torch"]}.
`python scripts/ship.py` runs this command, evaluates the model and writes this card.

| setting | value |
|---|---|
{recipe}

## Licence

The weights are part of Striate and under its licence, Apache-2.0.

## Samples

| picture | class | by | licence and source |
|---|---|---|---|
{sample_rows(metadata.classes)}
"""


def sample_rows(classes: Sequence[str]) -> str:
    """The sample pictures of a model; those of one source in one row."""
    rows = []
    for (author, licence, source, changes), group in groupby(
        samples_of(classes), key=lambda one: (one.author, one.licence, one.source, one.changes)
    ):
        samples = list(group)
        files, labels = ", ".join(one.path.name for one in samples), ", ".join(one.label or "none" for one in samples)
        rows.append(f"| {files} | {labels} | {author} | [{licence}]({source}); {changes} |")
    return "\n".join(rows)


def write_readme_line(name: str, metadata: Metadata, evaluation: dict[str, Any], size: int) -> None:
    """Write the model's line in the README's table of the models that ship, which begins with `| model |`."""
    text = README.read_text(encoding="utf-8")
    found = re.search(r"\| model \|.*\n\|[-|]+\n((?:\|.*\n)*)", text)
    assert found, "the README has no table of the models that ship"
    lines = {key: line for line in found[1].splitlines() if (key := line.split("`")[1]) in MODELS}
    total = summarize(metadata.plan.table).total
    card_path = package_file(name, "md").relative_to(ROOT).as_posix()
    lines[name] = (
        f"| [`{name}`]({card_path}) | {MODELS[name].data.kind} | {total.parameters:,} | {size / 1e6:.2f} MB |"
        f" {evaluation['top1']:.2%} |"
    )
    table = "".join(f"{lines[key]}\n" for key in MODELS if key in lines)
    text = text[: found.start(1)] + table + text[found.end(1) :]
    README.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
