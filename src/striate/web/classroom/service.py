"""What the routes of a class share: the store on a thread of its own, how fast a client may ask, who it is."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from starlette.requests import Request

from striate.web.batching import Batcher
from striate.web.classroom.limits import RateLimiter, address_group
from striate.web.classroom.store import Classroom, Device
from striate.web.errors import HTTPError
from striate.web.request_body import RequestBodies
from striate.web.settings import Settings

T = TypeVar("T")
_PAUSE = 1.0  # seconds until a client is told that it asks too fast: until then its connection asks nothing


@dataclass(frozen=True)
class ClassSettings:
    """The name of a class, and the folder of its drawings."""

    name: str
    folder: Path


class ClassService:
    """One class on a server. The store is used on one thread, so that changes are made one after the other."""

    def __init__(
        self, store: Classroom, model: str, batcher: Batcher, bodies: RequestBodies, settings: Settings
    ) -> None:
        self.store, self.model, self.batcher, self.bodies, self.settings = store, model, batcher, bodies, settings
        self._thread = ThreadPoolExecutor(1, "class")
        # Enough for a class behind one address; a device alone draws and votes no faster than a hand.
        self._requests = RateLimiter(rate=150, burst=300)
        self._joins = RateLimiter(rate=1, burst=60)
        self.drawings = RateLimiter(rate=0.7, burst=4)
        self.changes = RateLimiter(rate=4, burst=12)

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns, run on the store's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def run_as_device(
        self, request: Request, work: Callable[[Device], T], limiter: RateLimiter | None = None
    ) -> T:
        """What `work` returns for the device whose token the request has. HTTPError 401 if there is none; 429, after a
        pause, if the limiter does not let the device do it now."""
        token = _bearer(request)

        def work_as_device() -> T:
            if (device := self.store.device(token)) is None:
                raise HTTPError(401, "this device has not joined the class", {"WWW-Authenticate": "Bearer"})
            if limiter is not None and not limiter.take(device.number):
                raise _TooFastError
            return work(device)

        try:
            return await self.run(work_as_device)
        except _TooFastError:
            raise await _refuse_after_a_pause() from None

    async def check_rate(self, request: Request) -> str:
        """The address that asks. HTTPError 429, after a pause, if it asks too fast."""
        address = address_group(request.client.host if request.client else "")
        if not self._requests.take(address):
            raise await _refuse_after_a_pause()
        return address

    async def check_join(self, address: str) -> None:
        """HTTPError 429, after a pause, if too many join from an address."""
        if not self._joins.take(address):
            raise await _refuse_after_a_pause()

    def check_teacher(self, request: Request) -> None:
        """HTTPError 401 without the key of the teacher's page."""
        if not hmac.compare_digest(_bearer(request).encode(), self.store.key.encode()):
            raise HTTPError(401, "expected the key of the teacher's page", {"WWW-Authenticate": "Bearer"})

    def close(self) -> None:
        """Finish what has begun, and close the store."""
        self._thread.submit(self.store.close)
        self._thread.shutdown(wait=True)


class _TooFastError(Exception):
    """A device does something too often."""


async def _refuse_after_a_pause() -> HTTPError:
    await asyncio.sleep(_PAUSE)
    return HTTPError(429, "too many requests; try again in 1 s", {"Retry-After": "1"})


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
