"""What people read: a wallet, a meter, a statement, as plain data with money in decimal text."""

from datetime import datetime

from ..core.chart import wallet_account
from ..core.errors import CoreError
from ..core.identity import MeterId
from ..core.ledger import Entry, EntryKind
from ..core.metering import UNIT, OpenDoubt, Quantity
from ..core.money import price_text, quantity_text
from ..core.policy import Policy, mark
from ..core.tariff_format import write_tariff
from ..core.written_rates import DAYS
from .booking import is_frozen
from .site import MeterRun, Site, WalletRun
from .turn import in_turn
from .usage import post_windows
from .watching import cutoff_of, policy_for, state_of

type Report = dict[str, object]


def wallet_view(site: Site, run: WalletRun) -> Report:
    """Describe a wallet."""
    wallet, money = run.wallet, site.currency.text
    policy = policy_for(site, run)
    cutoff = cutoff_of(site, run)
    return {
        "wallet": wallet.id,
        "unit": wallet.unit,
        "purpose": wallet.purpose,
        "kind": wallet.kind,
        "policy": wallet.policy,
        "state": state_of(site, run),
        "frozen": is_frozen(wallet, site.clock()),
        "currency": site.currency.code,
        "balance": money(run.posted_minor),
        "available": money(run.available_minor),
        "alert": money(policy.alert_minor),
        "mark": money(mark(policy)),
        "cutoff_at": cutoff.isoformat() if cutoff is not None else None,
        "meters": [meter.meter.id for meter in run.meters],
        "cards": [card.id for card in site.cards.values() if card.wallet == wallet.id],
        "opened_at": wallet.opened_at.isoformat(),
        "closed_at": wallet.closed_at.isoformat() if wallet.closed_at is not None else None,
    }


def meter_view(run: MeterRun) -> Report:
    """Describe a meter, its supply and what was last seen of it."""
    meter, last, supply, binding = run.meter, run.last, run.supply, run.binding
    register = last.register if last is not None else None
    return {
        "meter": meter.id,
        "name": meter.name,
        "profile": meter.profile,
        "serial": meter.serial,
        "commodity": meter.commodity,
        "unit": UNIT[meter.quantity],
        "register": None if register is None else quantity_text(register, meter.quantity),
        "read_at": last.at.isoformat() if last is not None else None,
        "connected": run.connected,
        "installation": meter.installation,
        "wallet": binding.wallet if binding is not None else None,
        "tariff": binding.tariff if binding is not None else None,
        "supply": run.state,
        "why": run.decision.why if run.decision is not None else None,
        "restore": supply.restore,
        "held_by": supply.hold_by or None,
        "held_reason": supply.hold_reason or None,
        "locked_out_by": supply.lockout_by or None,
        "protected": supply.protected,
        "doubt": doubt_view(run.doubt) if run.doubt is not None else None,
    }


def doubt_view(doubt: OpenDoubt) -> Report:
    """Describe a doubt with the register it stands at and the one it was shown."""
    return {
        "doubt": doubt.id,
        "kind": doubt.kind,
        "meter": doubt.meter,
        "from_register": doubt.cursor_register,
        "register": doubt.register,
        "since": doubt.at.isoformat(),
        "expected": doubt.expected or None,
        "found": doubt.found or None,
    }


@in_turn
async def statement(
    site: Site, *, wallet: str, since: datetime | None = None, until: datetime | None = None
) -> Report:
    """List what came in and went out of a wallet; the totals are those of the books, and they agree.

    What its meters used until now is posted first, so that the closing balance is exact.
    """
    run = site.wallet(wallet)
    if since is not None and until is not None and since >= until:
        raise CoreError("time_is_past", at=until.isoformat())
    await post_windows(site, run.meters)
    account, money = wallet_account(run.wallet.no), site.currency.text
    entries = await site.books.entries(account=account, since=since, until=until, limit=100_000)
    before_in, before_out = (
        await site.books.total(account, None, since) if since is not None else (0, 0)
    )
    received, spent = await site.books.total(account, since, until)
    opening = before_in - before_out
    return {
        "wallet": wallet,
        "unit": run.wallet.unit,
        "currency": site.currency.code,
        "since": since.isoformat() if since is not None else None,
        "until": (until or site.clock()).isoformat(),
        "opening": money(opening),
        "received": money(received),
        "spent": money(spent),
        "closing": money(opening + received - spent),
        "usage": _usage(site, entries, account),
        "lines": [_line(site, entry, account) for entry in entries],
    }


def _change(entry: Entry, account: int) -> int:
    """Return what an entry changed an account by."""
    return sum(
        posting.amount_minor if posting.target == account else -posting.amount_minor
        for posting in entry.postings
        if account in (posting.source, posting.target)
    )


def _line(site: Site, entry: Entry, account: int) -> Report:
    line: Report = {
        "entry": entry.id,
        "kind": entry.kind,
        "at": entry.occurred.isoformat(),
        "booked": entry.booked.isoformat(),
        "amount": site.currency.text(_change(entry, account)),
        "reason": entry.reason or None,
        "event": entry.event,
        "by": entry.actor,
    }
    usage = _usage_of(entry)
    if usage is not None:
        quantity = Quantity(str(usage["quantity"]))
        line["trace"] = [
            {
                "tariff": part["tariff"],
                "rate": part["rate"],
                "tier": part["tier"],
                "price": price_text(part["price"]),
                "quantity": quantity_text(part["quantity"], quantity),
                "unit": UNIT[quantity],
            }
            for part in _parts(usage)
        ]
        line["meter"] = usage["meter"]
        line["from"], line["to"] = usage["from"], usage["to"]
    return line


def _usage(site: Site, entries: list[Entry], account: int) -> list[Report]:
    """Sum up per meter what was used and what it cost: "300 kWh, 360.00"."""
    used: dict[str, tuple[int, int]] = {}
    for entry in entries:
        usage = _usage_of(entry)
        if usage is None and entry.kind is not EntryKind.RERATING:
            continue
        meter = str(entry.detail["meter"])
        quantity, cost = used.get(meter, (0, 0))
        if usage is not None:
            quantity += sum(part["quantity"] for part in _parts(usage))
        used[meter] = quantity, cost - _change(entry, account)
    return [
        {
            "meter": meter,
            "quantity": quantity_text(quantity, site.meters[MeterId(meter)].meter.quantity),
            "unit": UNIT[site.meters[MeterId(meter)].meter.quantity],
            "cost": site.currency.text(cost),
        }
        for meter, (quantity, cost) in used.items()
    ]


def _usage_of(entry: Entry) -> dict[str, object] | None:
    if entry.kind is EntryKind.USAGE:
        return dict(entry.detail)
    usage = entry.detail.get("usage")
    return usage if isinstance(usage, dict) else None


def _parts(usage: dict[str, object]) -> list[dict[str, int]]:
    lines = usage["lines"]
    assert isinstance(lines, list)
    return lines


def tariff_list(site: Site) -> list[Report]:
    """List every tariff with its versions in their written form."""
    return [
        {
            "tariff": tariff,
            "versions": [
                write_tariff(version)
                | {"version": version.version, "valid_from": version.valid_from.isoformat()}
                for version in pricer.versions
            ],
        }
        for tariff, pricer in sorted(site.tariffs.items())
    ]


def policy_view(site: Site, policy: Policy) -> Report:
    """Describe one version of a policy."""
    money = site.currency.text
    overdraft = policy.overdraft_limit_minor
    return {
        "policy": policy.id,
        "version": policy.version,
        "name": policy.name,
        "valid_from": policy.valid_from.isoformat(),
        "alert": money(policy.alert_minor),
        "alert2": money(policy.alert2_minor),
        "credit_limit": money(policy.credit_limit_minor),
        "exempt_quota": money(policy.exempt_quota_minor),
        "overdraft_limit": None if overdraft is None else money(overdraft),
        "hysteresis": money(policy.hysteresis_minor),
        "grace_hours": policy.grace_hours,
        "no_cut_hours": [f"{start:%H:%M}-{end:%H:%M}" for start, end in policy.no_cut_hours],
        "no_cut_weekdays": [DAYS[day] for day in policy.no_cut_weekdays],
        "no_cut_dates": [day.isoformat() for day in policy.no_cut_dates],
        "manual_on": policy.manual_on,
        "operations_per_day": policy.operations_per_day,
        "remind_hours": policy.remind_hours,
    }


def policy_list(site: Site) -> list[Report]:
    """List the newest version of every policy."""
    return [policy_view(site, versions[-1]) for _, versions in sorted(site.policies.items())]
