"""Reproducible random choices: a session is replayed from its seed."""

import hashlib


def chance(key: str) -> float:
    """A number in [0, 1) determined by `key`: the first 53 bits of its SHA-256 over 2⁵³."""
    digest = hashlib.sha256(key.encode()).digest()
    # A float holds 53 bits exactly, so the quotient never rounds up to 1.
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53
