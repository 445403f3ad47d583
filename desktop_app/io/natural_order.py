"""The order in which a person counts names: z2 before z10."""

from __future__ import annotations

from typing import Any

from natsort import natsort_keygen, ns

_key = natsort_keygen(alg=ns.IGNORECASE)


def natural_key(name: str) -> Any:
    """Sorts text with numbers in it as a person does, whatever the case of its letters."""
    return _key(name)
