"""Anchors: how far the ledger had come, written where a restore of the ledger does not reach.

A restored backup is a perfectly valid older ledger; only something outside of it can tell that
top-ups made since are gone. Two places, because one may be restored along with it.
"""

from collections.abc import Sequence
from hashlib import blake2b
import json
import logging
from pathlib import Path
from typing import Final

from ..core.identity import EntryId
from ..core.ledger import Anchor
from .files import write_whole

_LOGGER: Final = logging.getLogger(__name__)

_FORMAT: Final = 1


def write_anchor(anchor: Anchor, places: Sequence[Path]) -> list[Path]:
    """Write the anchor to all places; return those that could not be written."""
    content = {
        "format": _FORMAT,
        "site": anchor.site,
        "incarnation": anchor.incarnation,
        "n": anchor.n,
        "head": anchor.head.hex(),
    }
    text = json.dumps({**content, "check": _check(content)}, indent=1)
    failed: list[Path] = []
    for place in places:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, text.encode())
        except OSError as err:
            _LOGGER.warning("The ledger's anchor was not written to %s: %s", place, err)
            failed.append(place)
    return failed


def read_anchors(places: Sequence[Path]) -> list[Anchor]:
    """Return the anchors found; one that cannot be read says nothing, but is mentioned."""
    return [anchor for place in places if (anchor := _read(place))]


def _check(content: dict[str, object]) -> str:
    text = json.dumps(content, sort_keys=True)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _read(place: Path) -> Anchor | None:
    try:
        return _parse(place.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as err:
        _LOGGER.warning("The ledger's anchor at %s cannot be read: %s", place, err)
        return None


def _parse(text: bytes) -> Anchor:
    content = json.loads(text)
    check = content.pop("check")
    if check != _check(content) or content["format"] != _FORMAT:
        raise ValueError("damaged, or of another format")
    return Anchor(
        site=content["site"],
        incarnation=content["incarnation"],
        n=EntryId(content["n"]),
        head=bytes.fromhex(content["head"]),
    )
