"""A site as the books left it: everything in memory is made of what is on disk."""

from collections import defaultdict
from dataclasses import replace
from functools import partial

from ..core.accrual import Window
from ..core.chart import owner_of
from ..core.identity import MeterId, number_of
from ..core.ledger import AccountId
from ..core.metering import Cursor, Installation, OpenDoubt
from ..core.policy import Policy
from ..core.supply import CommandLog, CommandOutcome, CutBy, Supply
from ..core.wallet import Binding, Card, Credential, Meter, Wallet, Watch
from . import (
    agreement_fetching,
    bill_book,
    charge_state,
    demand,
    deposits,
    desk,
    differences,
    dividing,
    forecast,
    habits,
    months,
    offline_loading,
    parking_loading,
    pay_codes,
    pay_looking,
    pay_refunds,
    pay_suspense,
    price_corrections,
    risk_rules,
    settlement_days,
    sharing,
    standing,
    supply_loading,
    tamper,
    tariff_book,
    terminal_calls,
    units,
)
from .booking import keep
from .commanding import resume
from .following import load as load_uses
from .gently import gently
from .hours import load_hours
from .meter_run import MeterRun
from .packages import load as load_packages
from .promised import load as load_promised
from .proving import load as load_proof
from .recalling import recall
from .site import Site
from .usage import take_up
from .use_points import load as load_points
from .wallet_run import WalletRun


async def load_site(site: Site) -> None:
    """Fill the site from its books: wallets, meters with their open windows, tariffs, policies, cards."""
    await _load_rules(site)
    await units.load(site)
    await sharing.load(site)
    await habits.load(site)
    await tamper.load(site)
    await _load_wallets(site)
    await _load_meters(site)
    await _load_cards(site)
    await parking_loading.load(site)
    await pay_codes.load(site)
    await pay_suspense.load(site)
    await pay_looking.load(site)
    await pay_refunds.load(site)
    await differences.load(site)
    await settlement_days.load(site)
    await deposits.load(site)
    await load_promised(site)
    await load_proof(site)
    await load_packages(site)
    await load_points(site)
    await load_uses(site)
    await desk.load(site)
    await terminal_calls.load(site)
    await bill_book.load(site)
    await risk_rules.load(site)
    await agreement_fetching.load(site)
    await offline_loading.load(site)
    await dividing.load(site)
    await months.load(site)
    await standing.load(site)
    await demand.load(site)
    await supply_loading.load(site)
    await _load_commands(site)
    await load_hours(site)
    forecast.load(site)
    site.turn.recall = partial(recall, site)


async def _load_rules(site: Site) -> None:
    await tariff_book.load(site)
    for policy in sorted(await site.books.load(Policy), key=lambda one: one.version):
        site.policies.setdefault(policy.id, []).append(policy)


async def _load_wallets(site: Site) -> None:
    owned: dict[int, dict[AccountId, int]] = defaultdict(dict)
    for account, balance in (await site.books.balances()).items():
        owned[owner_of(account)][account] = balance
    watches = {watch.wallet: watch for watch in await site.books.load(Watch)}
    async for wallet in gently(await site.books.load(Wallet)):
        run = site.wallets[wallet.id] = WalletRun(
            wallet=wallet, watch=watches.get(wallet.id) or Watch(wallet=wallet.id)
        )
        run.take_over(owned.get(wallet.no, {}))


async def _load_meters(site: Site) -> None:
    site.installations = {one.id: one for one in await site.books.load(Installation)}
    supplies = {supply.meter: supply for supply in await site.books.load(Supply)}
    cursors = {cursor.installation: cursor for cursor in await site.books.load(Cursor)}
    windows = {window.installation: window for window in await site.books.load(Window)}
    bindings = {one.meter: one for one in await site.books.load(Binding, to_at=None)}
    async for meter in gently(await site.books.load(Meter)):
        run = site.meters[meter.id] = MeterRun(
            meter=meter,
            supply=supplies.get(meter.id) or Supply(meter=meter.id),
            connected=False,
        )
        run.binding = bindings.get(meter.id)
        if meter.installation is None:
            continue
        run.installation = site.installations[meter.installation]
        run.cursor = cursors.get(meter.installation)
        if run.binding is not None:
            site.wallets[run.binding.wallet].meters.append(run)
    await charge_state.load(site)
    await price_corrections.load(site)
    async for run in gently(site.meters.values()):
        if run.binding is not None and run.cursor is not None:
            take_up(site, run, windows.get(run.cursor.installation))
    doubts = await site.books.load(OpenDoubt, settled_at=None)
    for doubt in sorted(doubts, key=lambda one: number_of(one.id)):
        if doubt.meter in site.meters:
            run = site.meters[doubt.meter]
            if run.doubt is not None:
                site.doubts.pop(run.doubt.id)  # A later one took its place.
            site.doubts[doubt.id] = run.doubt = doubt


async def _load_cards(site: Site) -> None:
    site.cards = {card.id: card for card in await site.books.load(Card)}
    site.credentials = {one.digest: one for one in await site.books.load(Credential)}


async def _load_commands(site: Site) -> None:
    """Take up the log: what has no outcome is not confirmed, a relay's writes of today count.

    A relay's command that was sent and not read back is still outstanding: if the supply is off now,
    that was us. A cut of which nobody knows whether it was sent may still move the relay.
    """
    now = site.clock().astimezone(site.zone)
    midnight, today = now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0), now.date()
    last: dict[MeterId, CommandLog] = {}
    lost: list[CommandLog] = []
    for command in await site.books.commands(midnight):
        if command.outcome is CommandOutcome.DECIDED:
            lost.append(replace(command, outcome=CommandOutcome.NOT_CONFIRMED, detail="restarted"))
        run = site.meters.get(MeterId(command.target))
        if run is None:
            continue
        last[run.meter.id] = command
        if command.outcome_at.astimezone(site.zone).date() == today:
            run.written_day, run.written_today = today.toordinal(), run.written_today + 1
    for meter, command in last.items():
        if command.outcome is CommandOutcome.SENT:
            resume(site.meters[meter], command)
    for run in site.meters.values():
        if run.supply.cut_by is not CutBy.NOTHING and run.supply.verified is None:
            run.cut_at = now
    if lost:
        await keep(site, *lost)
