"""One server with the model that ships, for all tests that need no other."""

import warnings

import pytest
from serving import serving

from striate.inference import Predictor


@pytest.fixture(scope="session")
def predictor():
    return Predictor.load("lenet5")


@pytest.fixture(scope="session")
def server(predictor):
    with serving({"lenet5": predictor}, receive_seconds=0.8, body=500_000, headers=8192) as running:
        yield running


@pytest.fixture(autouse=True)
def _silent_pillow():
    """As the server process does: Pillow's warnings of damaged metadata, in threads, are no errors."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        yield
