"""The addresses at which a server's page opens: for this machine, for others on the network, with the token."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import quote

import psutil

_ELSEWHERE = ("192.0.2.1", 9)  # an address that no machine has, of documentation (RFC 5737)


def page_addresses(listening: socket.socket) -> list[str]:
    """Where a browser finds a server that listens on this socket: http://ADDRESS:PORT/, the likeliest first.

    One that listens on every address (0.0.0.0, ::) is found by those of the machine that others can reach; none of them
    if the machine has no network.
    """
    host, port, *_ = listening.getsockname()
    if not ipaddress.ip_address(host.partition("%")[0]).is_unspecified:
        return [_address(host, port)]
    families = {socket.AF_INET, listening.family}
    return [_address(one, port) for one in _reachable(families)] or [_address(_local(listening), port)]


def with_token(address: str, token: str | None) -> str:
    """An address that carries the token in its fragment, which a browser sends to nobody.

    >>> with_token("http://192.168.0.7:8000/", "open-sesame"), with_token("http://localhost/", None)
    ('http://192.168.0.7:8000/#token=open-sesame', 'http://localhost/')
    """
    return address if token is None else f"{address}#token={quote(token, safe='')}"


def _reachable(families: set[socket.AddressFamily]) -> list[str]:
    """The machine's own addresses in networks that are up, that of the way out first; none that ends at the machine."""
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    found = [
        entry.address.partition("%")[0]
        for name, entries in psutil.net_if_addrs().items()
        for entry in entries
        if name in up and entry.family in families
    ]
    way_out = _way_out()
    numbers = [ipaddress.ip_address(text) for text in found]
    usable = [str(one) for one in numbers if not (one.is_loopback or one.is_link_local or one.is_multicast)]
    return sorted(dict.fromkeys(usable), key=lambda text: (text != way_out, ":" in text))


def _way_out() -> str | None:
    """The address from which this machine would send to others: nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(_ELSEWHERE)
        except OSError:
            return None
        name: str = asking.getsockname()[0]
        return name


def _local(listening: socket.socket) -> str:
    return "::1" if listening.family == socket.AF_INET6 else "127.0.0.1"


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
