"""The server process: a socket, uvicorn over the application, a graceful end."""

from __future__ import annotations

import contextlib
import gc
import logging
import signal
import socket
import warnings
from collections.abc import Callable, Generator

import uvicorn

from striate.runtime import InterruptHandler
from striate.web.app import app
from striate.web.protocol import protocol
from striate.web.service import Service


class _Server(uvicorn.Server):
    """uvicorn's server, told by `InterruptHandler` when to stop, and telling when it is ready."""

    def __init__(
        self, config: uvicorn.Config, service: Service, interrupt: InterruptHandler, announce: Callable[[], None]
    ):
        super().__init__(config)
        self._service, self._stopping, self._announce = service, interrupt, announce
        self._announced = False

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """None: `InterruptHandler` does."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: say when all is ready; begin to end when asked."""
        if self._service.ready and not self._announced:
            self._announced = True
            self._announce()
        self.should_exit = bool(self._stopping.received) or self._service.failure is not None
        self._service.draining = self.should_exit
        return await super().on_tick(counter)


def serve(service: Service, listening: socket.socket, announce: Callable[[], None]) -> signal.Signals | None:
    """Serve until a signal asks to stop; what was accepted is answered first. Which signal it was.

    `announce` is called when the models are ready. What a model raises that cannot answer at all is raised here.
    """
    warnings.simplefilter(
        "ignore"
    )  # Pillow's of damaged metadata, in threads: what cannot be decoded is an error anyway
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns of what clients send
    _allow_files(2 * service.settings.connections)

    def ready() -> None:
        gc.collect()
        gc.freeze()  # what is loaded stays: to look through all of it takes 0.1 s, in which nobody is answered
        announce()

    with InterruptHandler() as interrupt:
        server(service, interrupt, ready).run([listening])
    if service.failure is not None:
        raise service.failure
    return signal.Signals(interrupt.received) if interrupt.received else None


def server(service: Service, interrupt: InterruptHandler, announce: Callable[[], None]) -> uvicorn.Server:
    """uvicorn over the application; `stopping` tells it when to stop."""
    config = uvicorn.Config(
        app(service),
        http=protocol(service.settings),
        ws="none",
        lifespan="on",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=round(service.settings.receive_seconds),
        timeout_graceful_shutdown=round(service.settings.stop_seconds),
    )
    return _Server(config, service, interrupt, announce)


def _allow_files(count: int) -> None:
    """Let the process have a file for each connection, as far as it may."""
    try:
        import resource
    except ImportError:  # Windows, where there is no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (count if hard == resource.RLIM_INFINITY else min(count, hard), hard)
        )
