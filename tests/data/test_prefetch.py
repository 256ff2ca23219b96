"""prefetch: the results of a plain loop, in order, with a bound on the work ahead and no thread left."""

import time

import pytest
from batched import prefetch_threads

from striate.data.prefetch import prefetch

HOW = [(0, 1, 1), (1, 1, 1), (2, 3, 1), (2, 8, 4), (5, 2, 3)]


@pytest.mark.parametrize(("workers", "ahead", "chunksize"), HOW)
@pytest.mark.parametrize("count", [0, 1, 7, 50])
def test_every_result_in_order(workers, ahead, chunksize, count):
    def square(number):
        time.sleep(0.001 * (number % 3))
        return number**2

    found = prefetch(square, range(count), workers=workers, ahead=ahead, chunksize=chunksize)
    assert list(found) == [number**2 for number in range(count)]
    assert not prefetch_threads()


@pytest.mark.parametrize(("workers", "ahead", "chunksize"), HOW)
def test_no_more_is_begun_than_was_asked_ahead(workers, ahead, chunksize):
    begun = []
    found = prefetch(begun.append, range(100), workers=workers, ahead=ahead, chunksize=chunksize)
    for taken in range(1, 20):
        next(found)
        time.sleep(0.01)
        chunks = -(-taken // chunksize) - 1 + -(-ahead // chunksize)
        assert len(begun) <= chunks * chunksize
    found.close()


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_an_error_comes_in_its_turn_and_ends_the_threads(workers):
    found = prefetch(lambda number: 1 // (number - 3), range(100), workers=workers, ahead=10)
    assert [next(found) for _ in range(3)] == [-1, -1, -1]
    with pytest.raises(ZeroDivisionError):
        next(found)
    assert not prefetch_threads()


def test_closing_ends_the_threads():
    found = prefetch(time.sleep, [0.001] * 1000, workers=3, ahead=6)
    next(found)
    assert prefetch_threads()
    found.close()
    assert not prefetch_threads()
