"""What a lane would answer to a credential, now or at another time, and what that rests on."""

from dataclasses import replace
from datetime import datetime

from ..core.access import PlateRead
from ..core.admission import Asked, Decision, Way, decide
from ..core.wallet import CredentialKind
from .asking import asked_of
from .gate import way_of
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
    digest = site.privacy.blind(kind, value)
    asked = asked_of(
        site,
        run,
        way=way_of(site, run, digest) if way is None else way,
        kind=kind,
        digest=digest,
        read=PlateRead(plate=value, at=now),
        office=office_digest(site, kind, value),
        now=now,
    )
    asked = replace(asked, car=None)
    return decide(asked), asked
