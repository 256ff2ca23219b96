"""MiniVGGNet: two pairs of 3x3 convolutions in VGG's manner, with batch normalization after each ReLU.

The network is Rosebrock's (Deep Learning for Computer Vision with Python, Starter Bundle, chapter 15), after
Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015.
"""

from __future__ import annotations

from striate.tables.recipe import Recipe
from striate.tables.rows import BatchNorm, Conv, Dense, Dropout, MaxPool, Row
from striate.tables.table import Expected, Table


def _block(number: int, maps: int) -> tuple[Row, ...]:
    """(convolution, ReLU, batch normalization) twice, then the size halves and a quarter drops out."""
    return (
        Conv(f"conv{number}_1", maps=maps, kernel=3, padding="same", activation="relu"),
        BatchNorm(f"bn{number}_1"),
        Conv(f"conv{number}_2", maps=maps, kernel=3, padding="same", activation="relu"),
        BatchNorm(f"bn{number}_2"),
        MaxPool(f"pool{number}", kernel=2, stride=2),
        Dropout(f"drop{number}", rate=0.25),
    )


MINIVGGNET = Table(
    name="minivggnet",
    source="Rosebrock, Deep Learning for Computer Vision with Python, after VGG",
    input=(3, 32, 32),
    rows=(
        *_block(1, maps=32),
        *_block(2, maps=64),
        Dense("fc1", units=512, activation="relu"),
        BatchNorm("bn3"),
        Dropout("drop3", rate=0.5),
        Dense("fc2", units=10, activation="softmax"),
    ),
    recipe=Recipe(learning_rate=1e-3),
    expected=Expected(parameters=2_169_770, macs=26_579_968),
)
