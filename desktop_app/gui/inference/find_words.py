"""What “Find nuclei now” says of what was found; no Qt."""

from __future__ import annotations

from desktop_app.jobs.batch.find import size_words
from desktop_app.jobs.batch.find_preview import FindLook


def found_words(look: FindLook) -> str:
    """How many objects, where, of which size, with which model, and whether they look like noise."""
    part = " × ".join(f"{n:,}" for n in (look.region.shape if look.card.dimensions == 3 else look.region.shape[1:]))
    where = "the whole image" if look.whole else f"the middle of the image ({part} px)"
    count = "1 object" if look.objects == 1 else f"{look.objects:,} objects"
    size = size_words(look.object_size, estimated=look.wish.object_size is None)
    rest = "" if look.whole else "What you save is made of the whole image."
    sentences = (f"{count} in {where}, with {look.model.stem}.", size, look.channel_words, look.noise_words, rest)
    return " ".join(filter(None, sentences))
