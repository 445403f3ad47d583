"""Signatures: the published examples of RFC 8032 (section 7.1), and that nothing else passes."""

from __future__ import annotations

import pytest

from desktop_app.core.signatures import is_signed, public_key, sign

EXAMPLES = [  # secret key, public key, message, signature
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe"
        "24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302a"
        "eeb00d291612bb0c00",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), EXAMPLES)
def test_the_published_examples(secret: str, public: str, message: str, signature: str) -> None:
    key, text = bytes.fromhex(secret), bytes.fromhex(message)
    assert public_key(key).hex() == public
    assert sign(key, text).hex() == signature
    assert is_signed(bytes.fromhex(public), text, bytes.fromhex(signature))


def test_whatever_was_changed_is_refused() -> None:
    secret = bytes(range(32))
    public, mark = public_key(secret), sign(secret, b"layer")
    assert is_signed(public, b"layer", mark)
    assert not is_signed(public, b"layer!", mark)
    assert not is_signed(public_key(bytes(32)), b"layer", mark)
    assert not is_signed(public, b"layer", mark[:-1])
    assert not is_signed(public, b"layer", bytes(64))
    assert not any(
        is_signed(public, b"layer", mark[:i] + bytes([mark[i] ^ 1]) + mark[i + 1 :]) for i in (0, 31, 40, 63)
    )
    assert not is_signed(b"\xff" * 32, b"layer", mark)
