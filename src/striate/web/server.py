"""The server process: a socket, uvicorn over the application, a graceful end."""

from __future__ import annotations

import contextlib
import gc
import logging
import signal
import socket
import sys
import warnings
from collections.abc import Callable, Generator

import uvicorn

from striate.runtime import InterruptHandler, allow_open_files
from striate.web.app import create_app
from striate.web.protocol import bounded_protocol
from striate.web.service import Service

_SWITCH_SECONDS = 0.001  # after which a thread that computes in Python lets the event loop go on


class Server(uvicorn.Server):
    """uvicorn's server, stopped by an `InterruptHandler`; it calls `on_ready` once, when the models are ready."""

    def __init__(self, service: Service, interrupt: InterruptHandler, on_ready: Callable[[], None]) -> None:
        super().__init__(_config(service))
        self._service, self._interrupt, self._on_ready = service, interrupt, on_ready
        self._was_ready = False

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Nothing: `InterruptHandler` captures them."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: check whether all is ready, and whether to stop."""
        if self._service.ready and not self._was_ready:
            self._was_ready = True
            self._on_ready()
        self.should_exit = bool(self._interrupt.received) or self._service.failure is not None
        self._service.draining = self.should_exit
        return await super().on_tick(counter)


def serve(service: Service, listening: socket.socket, on_ready: Callable[[], None]) -> signal.Signals | None:
    """Serve until SIGINT or SIGTERM, and return which; what was accepted before is answered first.

    `on_ready` is called when the models are ready. The exception of a model that cannot predict at all is raised here.
    """
    # Pillow warns, in threads, of damaged metadata; an image that cannot be decoded is an error anyway.
    warnings.simplefilter("ignore")
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns of what clients send
    allow_open_files(2 * service.settings.connections)
    sys.setswitchinterval(_SWITCH_SECONDS)

    def freeze_and_report() -> None:
        gc.collect()
        gc.freeze()  # what is loaded stays: to scan all of it takes 0.1 s, in which nobody is answered
        on_ready()

    with InterruptHandler() as interrupt:
        Server(service, interrupt, freeze_and_report).run([listening])
    if service.failure is not None:
        raise service.failure
    return signal.Signals(interrupt.received) if interrupt.received else None


def _config(service: Service) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(service),
        http=bounded_protocol(service.settings),
        ws="none",
        lifespan="on",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=round(service.settings.receive_seconds),
        timeout_graceful_shutdown=round(service.settings.stop_seconds),
    )
