"""What a page without a server trains on and what it may train: the bundled digits in few bytes, tables, bounds.

`backend/training/pictures.js` unpacks the sets. The digits have 17 shades, so that a Huffman code (1952) takes 43 KB
where bytes of their pictures would take 1.4 MB.
"""

from __future__ import annotations

import heapq
from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.analysis import total_cost
from striate.data import DataOptions, digit_shades, load_named
from striate.runs import RECIPE_BOUNDS, expected_number, is_whole
from striate.tables import ARCHITECTURES, Recipe
from striate.training import PictureList

SET = "digits"
"""The set that needs no download."""
MOST_MACS = 5_000_000
"""Of a network for one image: a browser trains LeNet-5, of 325,680, with hundreds of images a second."""
_OFFERED_MACS = 1_000_000
_MOST = 16  # of the digits' shades


def training_document() -> dict[str, Any]:
    """What the page's own backend reads as the document "training": sets, names of tables, bounds of a request's
    numbers."""
    return {
        "sets": {SET: packed_digits()},
        "tables": [name for name, table in ARCHITECTURES.items() if total_cost(table.plan()).macs <= _OFFERED_MACS],
        "fields": {
            name: {"least": least, "most": most, "whole": is_whole(name), "expected": expected_number(name)}
            for name, (least, most) in RECIPE_BOUNDS.items()
        },
        "default_recipe": {name: getattr(Recipe(), name) for name in RECIPE_BOUNDS},
        "most_macs": MOST_MACS,
    }


def packed_digits() -> dict[str, Any]:
    """scikit-learn's digits as `striate.data` splits them, each of 8x8 shades: those for training first."""
    dataset, options = load_named(SET), DataOptions()
    shades_NHW, labels, train = digit_shades()
    lengths, content = huffman(shades_NHW.reshape(-1), _MOST + 1)
    return {
        "classes": list(dataset.classes),
        "light_on_dark": dataset.light_on_dark,
        "labels": "".join(map(str, labels.tolist())),
        "train": train,
        "side": shades_NHW.shape[1],
        "scaled": int(dataset.train.pictures.shapes[0, 0]),
        "most": _MOST,
        "lengths": lengths,
        "content": b64encode(content).decode("ascii"),
        "record": {
            "images_at_most": options.images,
            "val_fraction": options.val_fraction,
            "split": options.split,
            "pictures": PictureList.of(dataset).digest,
            "pretrained": False,
            "start_from": None,
            "epochs_changes": [],
            "device": "a browser",
            "processes": 1,
            "skipped": [],
            "skipped_images": 0,
        },
    }


def huffman(symbols: NDArray[np.uint8], count: int) -> tuple[list[int], bytes]:
    """The bits of each symbol's code, from 0 to below `count`, and the symbols in a canonical Huffman code.

    >>> huffman(np.array([0, 0, 0, 1, 2], np.uint8), 3)
    ([1, 2, 2], b'\\x16')
    """
    frequencies = np.bincount(symbols, minlength=count)
    waiting = [(int(n), symbol, {symbol: 0}) for symbol, n in enumerate(frequencies) if n]
    heapq.heapify(waiting)
    while len(waiting) > 1:
        (one, first, left), (other, _, right) = heapq.heappop(waiting), heapq.heappop(waiting)
        heapq.heappush(waiting, (one + other, first, {symbol: bits + 1 for symbol, bits in (left | right).items()}))
    lengths = [waiting[0][2].get(symbol, 0) for symbol in range(count)]
    codes, code, before = dict[int, str](), 0, 0
    for symbol in sorted((s for s in range(count) if lengths[s]), key=lambda symbol: (lengths[symbol], symbol)):
        code <<= lengths[symbol] - before
        before = lengths[symbol]
        codes[symbol] = f"{code:0{before}b}"
        code += 1
    bits = "".join(codes[symbol] for symbol in symbols.tolist())
    bits += "0" * (-len(bits) % 8)
    return lengths, int(bits, 2).to_bytes(len(bits) // 8, "big")
