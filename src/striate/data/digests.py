"""Digests: 16 bytes for each picture's content, by which it is known again under any name, in any folder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import xxhash
from numpy.typing import NDArray

Digests: TypeAlias = NDArray[np.uint8]
"""uint8 (N, 16)."""
NO_DIGEST = bytes(16)
"""Of a file that cannot be read."""


def digest_file(content: bytes) -> bytes:
    """The digest of a picture file: XXH3 in 128 bits, which `xxh128sum` prints too.

    It costs 0.1 % of decoding a small JPEG and 0.6 % of a large one, where BLAKE2b costs 13 %. It finds what is equal
    and what has changed, not what was made to deceive.

    >>> digest_file(b"").hex()
    '99aa06d3014798d86001c324468d497f'
    """
    return xxhash.xxh3_128_digest(content)


def digest_pixels(pixels_HWC: NDArray[np.uint8]) -> bytes:
    """The digest of a picture that is no file: of its height, width, channels and pixels."""
    hasher = xxhash.xxh3_128(repr(pixels_HWC.shape).encode())
    hasher.update(np.ascontiguousarray(pixels_HWC).data)
    return hasher.digest()


def as_digests(digests: Iterable[bytes]) -> Digests:
    """Digests as an array (N, 16)."""
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, len(NO_DIGEST))


def as_bytes(digests: Digests) -> list[bytes]:
    """Each digest by itself.

    >>> as_bytes(as_digests([NO_DIGEST])) == [NO_DIGEST]
    True
    """
    content = digests.tobytes()
    return [content[begin : begin + len(NO_DIGEST)] for begin in range(0, len(content), len(NO_DIGEST))]
