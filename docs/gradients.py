"""Measure the gradients at initialization that the ledger quotes, for 16 seeds, and keep them.

    python docs/gradients.py

It writes `ledger_entries/gradients.json`, in a minute or two on one core; `python docs/ledger.py > docs/ledger.md` then
makes the page of it. A test measures a part again.
"""

from __future__ import annotations

import json


def main() -> None:
    """Measure, write the file, and print a line for each network and setting."""
    from ledger_entries.gradients import FILE, NETWORKS, SETTINGS, measure
    from ledger_entries.measured import SEEDS, spread

    kept: dict[str, dict[str, dict[str, list[float]]]] = {}
    for network in NETWORKS:
        kept[network] = {}
        for setting in SETTINGS:
            found = [measure(network, setting, seed) for seed in SEEDS]
            kept[network][setting] = {name: [_short(one[name]) for one in found] for name in found[0]}
            by_output, by_weights = (spread([one[name] for one in found]) for name in ("output_ratio", "weights_ratio"))
            print(f"{network}, {setting}: by output {by_output}, by weights {by_weights}", flush=True)
    FILE.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8", newline="\n")


def _short(number: float) -> float:
    return float(f"{number:.4g}") if isinstance(number, float) else number


if __name__ == "__main__":
    main()
