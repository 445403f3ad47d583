"""Signatures of what the program may fetch and run: Ed25519, as RFC 8032 (section 5.1) defines it.

Verifying takes some milliseconds and happens a few times in a program's life, so plain Python does, and no library of
cryptography is needed. Signing happens where layers are built; it is not hardened against others who watch
the timing of that computer.
"""

from __future__ import annotations

import hashlib
from typing import TypeAlias

_P = 2**255 - 19  # the field's prime
_ORDER = 2**252 + 27742317777372353535851937790883648493  # of the base point
_D = -121665 * pow(121666, _P - 2, _P) % _P  # the curve's constant
_ROOT = pow(2, (_P - 1) // 4, _P)  # a square root of -1
_KEY_BYTES, _SIGNATURE_BYTES = 32, 64  # RFC 8032, section 5.1

_Point: TypeAlias = tuple[int, int, int, int]
"""Extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z."""


def public_key(secret: bytes) -> bytes:
    """The public key (32 bytes) of a secret one (32 random bytes)."""
    scalar, _ = _expanded(secret)
    return _packed(_times(scalar, _BASE))


def sign(secret: bytes, message: bytes) -> bytes:
    """The signature (64 bytes) of a message."""
    scalar, prefix = _expanded(secret)
    public = _packed(_times(scalar, _BASE))
    nonce = _hash(prefix, message)
    point = _packed(_times(nonce, _BASE))
    proof = (nonce + _hash(point, public, message) * scalar) % _ORDER
    return point + proof.to_bytes(_KEY_BYTES, "little")


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of the secret key signed exactly this message."""
    if len(public) != _KEY_BYTES or len(signature) != _SIGNATURE_BYTES:
        return False
    key, point = _unpacked(public), _unpacked(signature[:_KEY_BYTES])
    proof = int.from_bytes(signature[_KEY_BYTES:], "little")
    if key is None or point is None or proof >= _ORDER:
        return False
    expected = _sum(point, _times(_hash(signature[:_KEY_BYTES], public, message), key))
    return _same(_times(proof, _BASE), expected)


def _expanded(secret: bytes) -> tuple[int, bytes]:
    if len(secret) != _KEY_BYTES:
        raise ValueError(f"Expected a secret key of {_KEY_BYTES} bytes, got {len(secret)}")
    digest = hashlib.sha512(secret).digest()
    scalar = int.from_bytes(digest[:_KEY_BYTES], "little")
    return scalar & ((1 << 254) - 8) | (1 << 254), digest[_KEY_BYTES:]


def _hash(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % _ORDER


def _sum(one: _Point, other: _Point) -> _Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: _Point) -> _Point:
    total: _Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _sum(total, point)
        point = _sum(point, point)
        scalar >>= 1
    return total


def _same(one: _Point, other: _Point) -> bool:
    x_same = (one[0] * other[2] - other[0] * one[2]) % _P == 0
    return x_same and (one[1] * other[2] - other[1] * one[2]) % _P == 0


def _x_of(y: int, odd: int) -> int | None:
    """The x of a point on the curve; None where there is none."""
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if square == 0:
        return None if odd else 0
    x = pow(square, (_P + 3) // 8, _P)  # RFC 8032, section 5.1.3: the root where the prime is 5 modulo 8
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P:
        return None
    return _P - x if x & 1 != odd else x


def _packed(point: _Point) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | ((x & 1) << 255)).to_bytes(_KEY_BYTES, "little")


def _unpacked(data: bytes) -> _Point | None:
    whole = int.from_bytes(data, "little")
    y = whole & ((1 << 255) - 1)
    x = _x_of(y, whole >> 255)
    return None if x is None else (x, y, 1, x * y % _P)


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE_X = _x_of(_BASE_Y, 0) or 0
_BASE: _Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)
