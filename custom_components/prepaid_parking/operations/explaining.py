"""What a lane would answer to a credential, now or at another time, and what that rests on."""

from dataclasses import replace
from datetime import datetime

from ..core.access import PlateRead
from ..core.admission import Asked, Decision, Way, decide
from ..core.errors import CoreError
from ..core.wallet import CredentialKind
from .asking import asked_of
from .credentials import known_card
from .gate import way_of
from .lane_run import LaneRun
from .listed import office_digest
from .site import Site


def explain_access(
    site: Site,
    *,
    lane: str,
    kind: CredentialKind,
    value: str,
    way: Way | None = None,
    at: datetime | None = None,
) -> tuple[Decision, Asked]:
    """Say what a lane would answer; nothing moves.

    Whoever asks sits at a desk: no loop has to feel a car, and the plate is read without a doubt.
    """
    run, now = site.lane(lane), site.clock() if at is None else at
    return _explained(
        site,
        run,
        way,
        kind=kind,
        digest=site.privacy.blind(kind, value),
        read=PlateRead(plate=value, at=now),
        office=office_digest(site, kind, value),
    )


def explain_card(site: Site, *, lane: str, card: str) -> tuple[Decision, Asked]:
    """Say what a lane would answer to a card now, by the first thing it is recognised by."""
    run, known = site.lane(lane), known_card(site, card)
    first = next((one for one in site.credentials.values() if one.card == known.id), None)
    if first is None:
        raise CoreError("credential_missing")
    read = PlateRead(plate="", at=site.clock())
    return _explained(site, run, None, kind=first.kind, digest=first.digest, read=read)


def _explained(
    site: Site,
    run: LaneRun,
    way: Way | None,
    *,
    kind: CredentialKind,
    digest: bytes,
    read: PlateRead,
    office: bytes = b"",
) -> tuple[Decision, Asked]:
    asked = asked_of(
        site,
        run,
        way=way_of(site, run, digest) if way is None else way,
        kind=kind,
        digest=digest,
        read=read,
        office=office,
        now=read.at,
    )
    asked = replace(asked, car=None)
    return decide(asked), asked
