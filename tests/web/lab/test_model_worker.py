"""A model worker: a bounded queue, all of it worked off, and the last few models kept."""

import asyncio
import json
import threading

import pytest
from serving import run_async

from striate.nn import Model, build
from striate.web.errors import HTTPError
from striate.web.lab.model_worker import ModelSource, ModelWorker


@pytest.fixture
def loaded():
    """The names of the models, in the order in which they were loaded."""
    return []


@pytest.fixture
def worker(loaded):
    def find(name):
        def load():
            loaded.append(name)
            return Model(build("lenet5:tiny", seed=0), tuple("abcdefghij"), {}, {})

        return ModelSource(name, 0, load)

    worker = ModelWorker("test", find, cores=1)
    yield worker
    worker.close()


def test_the_queue_is_bounded_and_all_that_is_in_it_is_done(worker):
    release = threading.Event()

    async def fill():
        waiting = [asyncio.create_task(worker.run(lambda: release.wait(20))) for _ in range(64)]
        await asyncio.sleep(0)
        with pytest.raises(HTTPError, match="too busy; try again in 1 s") as refused:
            await worker.run(lambda: None)
        assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})
        release.set()
        assert await asyncio.gather(*waiting) == [True] * 64
        assert await worker.run(lambda: "free again") == "free again"

    run_async(fill())


def test_an_exception_is_the_callers(worker):
    def fail():
        raise ValueError("as it was raised")

    with pytest.raises(ValueError, match="as it was raised"):
        run_async(worker.run(fail))
    assert run_async(worker.run(lambda: 1)) == 1


def test_the_last_few_models_are_kept(worker, loaded):
    def name_table(name):
        response = run_async(worker.respond_with_model(name, lambda model: model.network.table.name))
        assert json.loads(response.body) == "lenet5:tiny"

    for name in ("a", "b", "c", "d", "b", "c", "d"):
        name_table(name)
    assert loaded == ["a", "b", "c", "d"]
    name_table("a")
    assert loaded == ["a", "b", "c", "d", "a"]
