"""A channel's keys, sealed beside the books like everything that is nobody's business."""

from collections.abc import Collection, Mapping
from typing import Final

from .core.errors import CoreError, StoreError
from .store.privacy import Privacy

PURPOSE: Final = "purpose"
KEYS: Final = "channel"
"""By this those are found that no channel names any more."""


async def async_secrets(privacy: Privacy, subject: str) -> dict[str, str]:
    """Return a channel's keys; none where they are gone or cannot be opened.

    An older ledger that came back may not have them, or have them sealed under another master key.
    """
    try:
        fields = await privacy.get_subject(subject)
    except CoreError, StoreError:
        return {}
    fields.pop(PURPOSE, None)
    return fields


async def async_put_secrets(privacy: Privacy, secrets: Mapping[str, str], subject: str) -> str:
    """Seal a channel's keys, under the id that it has if its keys are there; returns the id."""
    if subject and not await async_secrets(privacy, subject):
        subject = ""
    return await privacy.put_subject(
        {**secrets, PURPOSE: KEYS}, findable={PURPOSE}, subject=subject
    )


async def async_forget_others(privacy: Privacy, subjects: Collection[str]) -> None:
    """Destroy the keys of channels that were taken off while the site did not run."""
    for subject in await privacy.find(PURPOSE, KEYS):
        if subject not in subjects:
            await privacy.forget_subject(subject)
