"""What each idea of the notes buys: the page of the paired ablations, as Markdown.

    python docs/ablations.py > docs/ablations.md

The results are those that `python scripts/ablations.py --keep` has left; a test makes the page again and compares.
"""

from __future__ import annotations

from typing import Any

from ledger_entries.ablations import GROUPS, IMAGES, SEEDS, kept

from striate.studies import points
from striate.text import quantity

_INTRODUCTION = f"""\
# What an idea buys: paired ablation

`striate ablate BASE VARIANT... --data DATA --out DIR` trains a network and variants of it, and measures what the
difference is worth.

```
striate ablate alexnet:small alexnet:small-no-lrn --data cifar10 --seeds 5 --out runs/lrn
striate ablate resnet20 plain20 resnet20:B --data my/pictures --images 5000 --epochs 5 --short --out runs/shortcuts
striate ablate mine.toml changed.toml --data digits --seeds 10 --out runs/mine --processes 4
```

```python
import striate

ablation = striate.ablate("lenet5:modern", ["lenet5:3x3"], "digits", "runs/two-3x3", seeds=5)
print(ablation.variants[0].difference.mean)  # points of a percent
```

A variant is any table: a name, `family:variant`, or a `.toml` file of your own. `striate list` names eight that differ
from `alexnet:small` or `googlenet:small` in one idea; [the tables' language](networks.md#a-table-of-your-own)
makes more.

## The method

For each seed 0, 1, ... the base and all variants are trained, each in a run directory of its own
(`DIR/TABLE/seed-0`), which `evaluate`, `inspect`, `predict` and `train --resume` take like any other. What is compared
is the validation accuracy after the last epoch, seed by seed: the variant's minus the base's, in points of a percent.
The report gives these differences, their mean, and the 95 % interval of the mean by Student's t over the seeds. If the
interval holds 0, it says that no difference was measured; that does not mean that there is none. The interval is about
other seeds, with the same pictures: not about other data, more epochs or larger networks.

The pairing removes what both have in common. For one seed all tables have

- **the same pictures**: `--images N` chooses so many for training, as many of each class, by their content alone. The
  validation pictures are those of any training with this `--val-fraction`;
- **the same order and augmentation**, where their recipes have the same batch size and kinds of augmentation: both are
  functions of the seed, the epoch and the picture;
- **the same first weights, as far as the rows before draw the same**: weights are drawn row after row, those inside a
  combinator in order, auxiliary heads last. Rows that draw nothing (pooling, normalization, dropout, an identity)
  change nothing behind them, so `plain20` has all first weights of `resnet20`, and `googlenet:small-no-head` those of
  `googlenet:small`. A row that draws more, such as the projection of `resnet20:B`, changes all that come after it. The
  report says which share of the first weights a variant has in common with the base;
- **the same dropout, as far as the rows of dropout before are the same**: a step's draws follow one another from the
  seed and the step. The main dropout of `googlenet:small` comes after that of its head, so it differs without the head.

So a table against itself gives exactly 0 for every seed on a CPU (a GPU adds numbers in no fixed order):
`striate ablate lenet5 lenet5 --data digits --out runs/control`.

Each table learns by its own recipe, with `--epochs`, `--batch-size` and `--learning-rate` for all; `--short` gives all
of them one recipe, by which networks of 32×32 can be compared. The same command again continues: finished trainings are
kept, an interrupted one is resumed to the same weights, and seeds and variants can be added. Other settings are
refused. `DIR` then holds `README.md`, `ablation.json` and the picture `ablation.png`.

Trainings of one ablation belong on one machine: another kind of CPU, or another number of threads (`--processes` shares
the cores), adds numbers in another order, and the pairs are then less alike. The report names the devices.

## The ideas of the notes

`python scripts/ablations.py --data DIR --out DIR` measures these, in three hours on two cores, on CIFAR-10 re-encoded
as JPEG ({IMAGES:,} training pictures, {SEEDS} seeds): small networks, few pictures and few epochs, so what is measured
is how an idea helps at the beginning of learning."""

_COLUMNS = (
    *("idea", "network", "accuracy", "difference", "95 % interval", "by seed", "shared first weights"),
    *("parameters", "MACs"),
)


def render(results: dict[str, Any] | None) -> str:
    """The whole page."""
    parts = [_INTRODUCTION, _compared((results or {"groups": []})["groups"])]
    if results is not None:
        parts += ["## Results", *map(_group, results["groups"])]
    return "\n\n".join(parts) + "\n"


def _compared(measured: list[dict[str, Any]]) -> str:
    """All ideas, with the difference of those that were measured."""
    differences = {
        (group["base"]["table"], variant["table"]): points(variant["difference"]["mean"])
        for group in measured
        for variant in group["variants"]
    }
    lines = ["| idea | base | variant | epochs | points of accuracy |", "|---|---|---|---|---|"]
    for group in GROUPS:
        for name, idea in group.ideas.items():
            difference = differences.get((group.base, name), "not measured yet")
            lines.append(f"| {idea} | `{group.base}` | `{name}` | {group.epochs} | {difference} |")
    return "\n".join(lines)


def _group(group: dict[str, Any]) -> str:
    base = group["base"]
    lines = [
        f"### {base['table']}",
        "",
        f"```\n{group['command']}\n```",
        "",
        f"![differences of validation accuracy](pictures/ablations/{group['name']}.png)",
        "",
        f"| {' | '.join(_COLUMNS)} |",
        "|" + "---|" * len(_COLUMNS),
        _line("", base, "", "", "", ""),
    ]
    for variant in group["variants"]:
        difference = variant["difference"]
        low, high = difference["interval"]
        mean = points(difference["mean"])
        lines.append(
            _line(
                variant["idea"],
                variant,
                f"**{mean}**" if difference["measured"] else f"{mean}, no difference was measured",
                f"{points(low)} to {points(high)}",
                ", ".join(points(one) for one in difference["by_seed"]),
                f"{variant['shared_weights']:.0%}",
            )
        )
    epochs = quantity(base["epochs"], "epoch")
    lines += [
        "",
        f"{group['images']:,} training and {group['validation_images']:,} validation pictures, {epochs},"
        f" {len(group['seeds'])} seeds. Measured on {group['machine']}.",
    ]
    return "\n".join(lines)


def _line(idea: str, table: dict[str, Any], *difference: str) -> str:
    cells = [idea, f"`{table['table']}`", f"{table['accuracy']:.2%}", *difference]
    cells += [f"{table['parameters']:,}", f"{table['macs']:,}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the page."""
    print(render(kept()), end="")


if __name__ == "__main__":
    main()
