"""Pictures of a lane: what counts as one, told by its first bytes and by nothing that is said of it."""

from typing import Final

MOST_BYTES: Final = 2_000_000
"""A still of a gate camera has a few hundred thousand; a larger one would only fill the disk."""
_KINDS: Final = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


def kind_of(content: bytes) -> str | None:
    """Return a picture's media type; None for what is none, or is too large to be kept."""
    if len(content) > MOST_BYTES:
        return None
    return next((kind for begin, kind in _KINDS.items() if content.startswith(begin)), None)
