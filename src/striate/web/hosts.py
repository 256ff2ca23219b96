"""Hosts and origins as browsers send them, and those by which a server may be addressed."""

from __future__ import annotations

import re
from collections.abc import Sequence

_AUTHORITY = re.compile(r"(?P<name>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>\d{1,5}))?")
_ORIGIN = re.compile(rf"(?P<scheme>https?)://(?P<authority>{_AUTHORITY.pattern})")
_PORTS = {"http": "80", "https": "443"}


def is_host(text: str) -> bool:
    """Whether a text is a host's name or address, and a port if any, as a Host header has them.

    >>> [is_host(text) for text in ("lab.example.org", "localhost:9000", "https://lab.example.org", "*")]
    [True, True, False, False]
    """
    return _AUTHORITY.fullmatch(text.lower()) is not None


def is_origin(text: str) -> bool:
    """Whether a text is the origin of a page, as browsers send it.

    >>> [is_origin(text) for text in ("https://lab.example.org", "https://lab.example.org/", "lab.example.org")]
    [True, False, False]
    """
    return _ORIGIN.fullmatch(text.lower()) is not None


def split_host(host: str) -> tuple[str, str | None]:
    """The name and the port of what `is_host`.

    >>> split_host("Localhost:9000")
    ('localhost', '9000')
    """
    found = _AUTHORITY.fullmatch(host.lower())
    assert found is not None
    return found["name"], found["port"]


class AllowedHosts:
    """Hosts by which a server may be addressed beside its own: NAME at any port, or NAME:PORT."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self._ports: dict[str, set[str | None]] = {}
        for host in hosts:
            name, port = split_host(host)
            self._ports.setdefault(name, set()).add(port)

    def allows(self, host: str) -> bool:
        """Whether a Host header names one of them; one without a port names the default port of some scheme."""
        name, port = split_host(host)
        return bool(self._ports.get(name, set()) & {None, *([port] if port else _PORTS.values())})

    def allows_origin(self, origin: str) -> bool:
        """Whether a page comes from one of them."""
        found = _ORIGIN.fullmatch(origin)
        return found is not None and self.allows(f"{found['name']}:{found['port'] or _PORTS[found['scheme']]}")
