"""Error rates that papers publish, which Striate cannot compute: in per cent, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Published(NamedTuple):
    """A figure and where it is published."""

    value: float
    source: str


PUBLISHED: Mapping[str, Published] = {
    "lenet5 mnist": Published(0.95, "LeCun et al. 1998, III: test error on MNIST"),
    "lenet5 mnist distorted": Published(0.8, "LeCun et al. 1998, III: with distorted digits added"),
    "alexnet 2010 top5": Published(17.0, "Krizhevsky et al. 2012, table 1, ILSVRC-2010"),
    "alexnet 2010 second": Published(25.7, "Krizhevsky et al. 2012, table 1: the best result published before"),
    "alexnet 2012 top5": Published(15.3, "Krizhevsky et al. 2012, table 2: several networks, ILSVRC-2012"),
    "alexnet 2012 second": Published(26.2, "Krizhevsky et al. 2012, table 2: the second of the competition"),
    "alexnet one top5": Published(18.2, "Krizhevsky et al. 2012, table 2: one network, validation pictures"),
    "googlenet top5": Published(6.67, "Szegedy et al. 2015, table 2: seven networks, 144 crops"),
    "googlenet one top5": Published(10.07, "Szegedy et al. 2015, table 3: one network, one crop"),
    "resnet top5": Published(3.57, "He et al. 2016, table 5: six networks"),
    "resnet152 top5": Published(5.71, "He et al. 2016, table 3: one network, ten crops"),
    "plain18 top1": Published(27.94, "He et al. 2016, table 2"),
    "plain34 top1": Published(28.54, "He et al. 2016, table 2"),
    "resnet18 top1": Published(27.88, "He et al. 2016, table 2"),
    "resnet34 top1": Published(25.03, "He et al. 2016, table 2"),
}
