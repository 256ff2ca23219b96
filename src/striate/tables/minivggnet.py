"""MiniVGGNet: two pairs of 3x3 convolutions in VGG's manner, with batch normalization after each ReLU.

The network is Rosebrock's (Deep Learning for Computer Vision with Python, Starter Bundle, chapter 15), after
Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015.
"""

from __future__ import annotations

from striate.tables.preprocessing import Preprocessing
from striate.tables.recipe import SGD, InverseTime, Recipe
from striate.tables.rows import BatchNorm, Conv, Dense, Dropout, MaxPool, Row
from striate.tables.table import ReferenceCounts, Table


def _batch_norm(name: str) -> BatchNorm:
    """As Keras has it by default, with which the book's network is written."""
    return BatchNorm(name, epsilon=1e-3, momentum=0.01)


def _block(number: int, maps: int) -> tuple[Row, ...]:
    """(convolution, ReLU, batch normalization) twice, then the size halves and a quarter drops out."""
    return (
        Conv(f"conv{number}_1", maps=maps, kernel=3, padding="same", activation="relu"),
        _batch_norm(f"bn{number}_1"),
        Conv(f"conv{number}_2", maps=maps, kernel=3, padding="same", activation="relu"),
        _batch_norm(f"bn{number}_2"),
        MaxPool(f"pool{number}", kernel=2, stride=2),
        Dropout(f"drop{number}", rate=0.25),
    )


def _rows(maps: tuple[int, int], units: int) -> tuple[Row, ...]:
    return (
        *_block(1, maps[0]),
        *_block(2, maps[1]),
        Dense("fc1", units=units, activation="relu"),
        _batch_norm("bn3"),
        Dropout("drop3", rate=0.5),
        Dense("fc2", units=10, activation="softmax"),
    )


MINIVGGNET = Table(
    name="minivggnet",
    source="Rosebrock, Deep Learning for Computer Vision with Python, after VGG",
    input=(3, 32, 32),
    rows=_rows((32, 64), units=512),
    recipe=Recipe(
        optimizer=SGD(momentum=0.9, nesterov=True),
        learning_rate=0.01,
        weight_decay=0.0,
        batch_size=64,
        epochs=40,
        # Keras' decay = 0.01 / 40 over 40 epochs of 782 steps: the last rate is 0.01 / 8.8.
        schedule=InverseTime(decay=7.82),
        source="Rosebrock, Starter Bundle, chapter 15, CIFAR-10: decay 0.01 / 40; He's first weights, not Glorot's",
    ),
    expected=ReferenceCounts(parameters=2_169_770, macs=26_579_968),
)

MINIVGGNET_TINY = Table(
    name="minivggnet:tiny",
    source="The same rows on 3x16x16 with few maps, for trying out",
    input=(3, 16, 16),
    rows=_rows((4, 8), units=32),
    preprocessing=Preprocessing(mean=(0.5,), std=(0.5,)),
)

TABLES = (MINIVGGNET, MINIVGGNET_TINY)
