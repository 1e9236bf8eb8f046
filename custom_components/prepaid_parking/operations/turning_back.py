"""Who was let through and did not pass: what the opening began, took and charged is taken back.

At an exit nothing is given back: the money stays with the stay, and the next opening takes only what
has become more. At an entry there is no stay for it to stay with, so the price of the passage and the
visit go back to where they came from.
"""

from dataclasses import replace

from ..core.chart import Bucket, wallet_account
from ..core.entry_kind import EntryKind
from ..core.errors import ConflictError, StoreError
from ..core.identity import SYSTEM, EntryId
from ..core.lane import Grant
from ..core.ledger import Act, Entry, Record
from ..core.passage import Passage
from ..core.stay import Stay, StayState
from .booking import closed
from .reversal import Reversal, find_entry, way_back
from .site import Site
from .stay_book import alone, numbered
from .stays import keep_stay, take_over
from .vehicle_turn import all_alone
from .visits import visits


async def backed_out(site: Site, grant: Grant) -> Stay | None:
    """Take back what was granted to a car that did not pass, in its time."""
    if grant.stay is None:
        if grant.fee is not None:
            await _write(site, await find_entry(site, grant.fee))
        return None
    async with alone(site, grant.stay):
        stay = site.parking.stays.get(grant.stay)
        if stay is None:
            return None
        if stay.state is StayState.LEAVING:
            back = replace(stay, state=StayState.INSIDE, granted_at=None, exit_lane=None)
            return await keep_stay(site, back)
        if stay.state is StayState.ARRIVING:
            return await never_in(site, stay)
    return None


async def never_in(site: Site, stay: Stay) -> Stay:
    """End a stay whose car did not come in, with all that its way in took; in the stay's turn.

    One that went on after a moment away has ended as it had before: it took no visit. While it cannot
    be written it goes on arriving, and the next look finds it so.
    """
    at = stay.granted_at
    went_on = at is not None and stay.entered_at < at
    ended = replace(stay, state=StayState.BACKED_OUT)
    if went_on:
        ended = replace(stay, state=StayState.LEFT, left_at=at)
    try:
        ended, paid = await numbered(site, ended), await _way_in(site, stay)
        async with all_alone(site, stay.permit, stay.invitation):
            others = () if went_on else visits(site, stay, 1)
            await _write(site, paid, ended, *others)
            take_over(site, ended, *others)
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
        return stay
    return ended


async def _way_in(site: Site, stay: Stay) -> Entry | None:
    """Return the entry that took the price of a stay's way in.

    It is looked for in the books: a hub that was killed before the pulse remembers nothing of it.
    """
    run = site.wallets.get(stay.wallet) if stay.wallet is not None else None
    if run is None or stay.granted_at is None:
        return None
    passages = {one.id for one in await site.books.load(Passage, stay=stay.id)}
    for bucket in (Bucket.CASH, Bucket.BONUS):
        for entry in await site.books.entries(
            account=wallet_account(run.wallet.no, bucket),
            since=stay.granted_at,
            kinds=(EntryKind.PASSAGE,),
        ):
            if entry.detail.get("passage") in passages and entry.occurred >= stay.granted_at:
                return entry
    return None


async def _write(site: Site, paid: Entry | None, *records: Record) -> None:
    """Write down what ends, in one act with the money that goes back.

    What a person has given back already is not given back twice; nothing goes into a closed wallet.
    """
    back = None if paid is None else way_back(site, paid)
    if paid is None or back is None or any(closed(run) for run in back.runs):
        if records:
            await site.books.record(*records)
        return
    try:
        await _give_back(site, paid, back, records)
    except ConflictError:
        if records:
            await site.books.record(*records)


async def _give_back(site: Site, paid: Entry, back: Reversal, records: tuple[Record, ...]) -> None:
    named = {name: paid.detail[name] for name in ("lane", "card", "wallet") if name in paid.detail}
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.STAY_REFUNDED,
            event=f"{paid.event}/back",
            occurred=site.clock(),
            actor=SYSTEM,
            reason="not_passed",
            reverses=EntryId(paid.id),
            postings=back.postings,
            detail={"entry": paid.id, **named},
            puts=(*back.puts, *records),
        )
    )
    back.taken_over(site, receipt)
