"""What one class may hold, and how fast one device or one address may ask, so that none can disturb the others."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

_MOST_KEYS = 4096


@dataclass(frozen=True)
class ClassLimits:
    """Limits of one class.

    Behind a proxy all devices have one address, so that many may share one. Where devices come from `many_addresses` or
    more, an address is about a device, and fewer may share one.
    """

    devices: int = 400
    address_devices: int = 60
    many_addresses: int = 5
    few_devices: int = 8  # at one address of many
    drawings: int = 2000
    device_drawings: int = 100
    address_drawings: int = 1000


class RateLimiter:
    """Lets each key do something `rate` times a second, and `burst` times at once (a token bucket).

    >>> limiter = RateLimiter(rate=1, burst=2, clock=lambda: 0.0)
    >>> [limiter.take("a"), limiter.take("a"), limiter.take("a"), limiter.take("b")]
    [True, True, False, True]
    """

    def __init__(self, *, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()  # (tokens, when)

    def take(self, key: Hashable) -> bool:
        """Whether the key may do it now; if so, it is counted."""
        now = self._clock()
        tokens, when = self._buckets.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - when) * self._rate)
        may = tokens >= 1
        self._buckets[key] = tokens - may, now
        if len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)
        return may


def address_group(host: str) -> str:
    """The address by which a device is counted: of IPv6 the network of it, in which a device chooses its own.

    >>> address_group("192.168.0.7"), address_group("::ffff:192.168.0.7"), address_group("2001:db8::1:2")
    ('192.168.0.7', '192.168.0.7', '2001:db8::/64')
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))
