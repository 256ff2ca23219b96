"""A model worker: a bounded queue, all of it worked off, and the last few models kept."""

import asyncio
import json
import threading

import pytest
from serving import eventually, run_async

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

    worker = ModelWorker("test", find, cores=1, seconds=60, helpers=0)
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


def test_a_helper_works_on_what_waits_for_work_that_takes_long():
    worker = ModelWorker("test", lambda name: None, cores=1, seconds=60, helpers=2)
    release = threading.Event()

    async def work():
        long = [asyncio.create_task(worker.run(lambda: release.wait(60))) for _ in range(2)]
        await asyncio.sleep(0)
        name = await worker.run(lambda: threading.current_thread().name)
        assert await worker.run(lambda: "again") == "again"
        release.set()
        return name, await asyncio.gather(*long)

    assert run_async(work()) == ("test-helper", [True, True])
    eventually(lambda: not any(thread.name == "test-helper" for thread in threading.enumerate()))
    assert run_async(worker.run(lambda: threading.current_thread().name)) == "test"
    worker.close()


def test_a_helper_has_models_of_its_own():
    def find(name):
        return ModelSource(name, 0, lambda: Model(build("lenet5:tiny", seed=0), tuple("abcdefghij"), {}, {}))

    worker = ModelWorker("test", find, cores=1, seconds=60, helpers=1)
    used, release = [], threading.Event()

    async def work():
        def keep(model):
            used.append(model)
            return release.wait(60) if len(used) == 1 else release.set()

        await asyncio.gather(*[worker.respond_with_model("m", keep) for _ in range(2)])

    run_async(work())
    assert len(used) == 2 and used[0] is not used[1]
    worker.close()


def test_work_that_takes_too_long_is_given_up_and_what_waits_too_long_is_not_begun():
    worker = ModelWorker("test", lambda name: None, cores=1, seconds=0.2, helpers=0)
    release, begun = threading.Event(), []

    async def work():
        for _ in range(2):
            with pytest.raises(HTTPError, match=r"no answer within 0\.2 s") as late:
                await worker.run(lambda: (begun.append(1), release.wait(60)))
            assert (late.value.status, late.value.headers) == (503, {"Retry-After": "10"})
        release.set()

    run_async(work())
    eventually(lambda: run_async(worker.run(lambda: len(begun))) == 1)
    worker.close()


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
