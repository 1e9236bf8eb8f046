"""Agents: they pay in first, sell against that, and are paid a commission.

What an agent paid in stands on an account of the site; whose it is, is in the agent's own record, which
changes in the same act. So no sale can go beyond a float, however many are made at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ..core.agent import Agent, check_rate, ended, paid_in, settled, sold, unsold
from ..core.chart import Channel, SiteAccount, channel_account, site_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, AgentId
from ..core.ledger import Act, Entry, Posting, Receipt
from ..core.written_parts import write_percent
from .booking import book, closed, referenced, tell
from .facts import WalletEvent
from .named import by_id_or_name
from .repeats import answered_before
from .site import Site
from .topping_up import Payment, credit
from .turn import in_turn

AGENTS = site_account(SiteAccount.AGENTS)
COMMISSION = site_account(SiteAccount.AGENT_COMMISSION)


def find_agent(site: Site, asked: str) -> Agent:
    """Return an agent by id, or by its name, or refuse in words."""
    known = by_id_or_name(site.desk.agents.values(), asked)
    if known is None:
        raise CoreError("unknown_agent", agent=asked)
    return known


async def trusted_agents(site: Site) -> None:
    """Read the agents again where a write failed: a sale may be in the books of which nobody heard."""
    if site.desk.agents_doubtful:
        site.desk.agents = {one.id: one for one in await site.books.load(Agent)}
        site.desk.agents_doubtful = False


@in_turn
async def set_agent(
    site: Site,
    *,
    actor: Actor,
    agent: str = "",
    name: str | None = None,
    rate_micro: int | None = None,
    closed: bool = False,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, Agent]:
    """Take up an agent, change its name or commission, or end it once nothing is open between you."""
    await trusted_agents(site)
    content = {"agent": agent, "name": name, "rate": rate_micro, "closed": closed}
    key = referenced("set_agent", reference, content)
    act = Act(
        kind=EntryKind.AGENT_SET,
        event=f"agent/{agent or 'new'}/{key.key}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
    )
    if (before := await answered_before(site, act)) is not None:
        return before, site.desk.agents[AgentId(str(before.detail["agent"]))]
    if agent:
        after = find_agent(site, agent)
    elif name:
        number = await site.books.next_number("agent")
        after = Agent(id=AgentId(f"ag{number}"), no=number, name=name)
    else:
        raise CoreError("agent_without_name")
    if name is not None:
        after = replace(after, name=name)
    if rate_micro is not None:
        after = replace(after, rate_micro=check_rate(rate_micro))
    if closed:
        after = ended(after, site.clock())
    detail = {
        "agent": after.id,
        "name": after.name,
        "rate": after.rate_micro,
        "closed": after.closed_at is not None,
    }
    receipt = await book(site, replace(act, detail=detail, puts=(after,)))
    site.desk.agents[after.id] = after
    return receipt, after


@in_turn
async def pay_in_float(
    site: Site,
    *,
    agent: str,
    amount_minor: int,
    actor: Actor,
    channel: Channel = Channel.CASH,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, Agent]:
    """Take what an agent pays in, or (a negative amount) give back what is left of it."""
    outside = channel_account(channel)
    source, target = (outside, AGENTS) if amount_minor > 0 else (AGENTS, outside)

    def draw(known: Agent) -> tuple[Agent, tuple[Posting, ...], dict[str, object]]:
        after = paid_in(known, amount_minor)
        if amount_minor < 0:
            _check_out(site)
        leg = Posting(source=source, target=target, amount_minor=abs(amount_minor))
        return after, (leg,), {"channel": channel, "amount": amount_minor}

    content = {"agent": agent, "amount": amount_minor, "channel": channel}
    return await _moved(site, agent, EntryKind.AGENT_FLOAT, draw, actor, reason, reference, content)


@in_turn
async def settle_agent(
    site: Site,
    *,
    agent: str,
    actor: Actor,
    channel: Channel | None = None,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, Agent]:
    """Pay the commission that an agent has earned: into its float, or out by a channel.

    It is the site's expense. What comes to less than a whole minor unit waits for the next time.
    """

    def draw(known: Agent) -> tuple[Agent, tuple[Posting, ...], dict[str, object]]:
        _check_out(site)
        due, into = known.due_minor, channel is None
        after = settled(known, into_float=into, at=site.clock())
        target = AGENTS if channel is None else channel_account(channel)
        leg = Posting(source=COMMISSION, target=target, amount_minor=due)
        told = {"amount": due, "sold": known.sold_minor, "rate": known.rate_micro}
        return after, (leg,), told | ({} if channel is None else {"channel": channel})

    content = {"agent": agent, "channel": channel}
    return await _moved(
        site, agent, EntryKind.AGENT_COMMISSION, draw, actor, reason, reference, content
    )


@in_turn
async def agent_top_up(
    site: Site,
    *,
    agent: str,
    wallet: str,
    amount_minor: int,
    actor: Actor,
    reference: str = "",
    reason: str = "",
) -> tuple[Receipt, Agent]:
    """Top up a wallet out of an agent's float; never more than is left of it."""
    await trusted_agents(site)
    known, run = find_agent(site, agent), site.wallet(wallet)
    refusal, after = closed(run), known
    try:
        after = sold(known, amount_minor)
    except CoreError as err:
        refusal = refusal or err
    paid = Payment(
        amount_minor=amount_minor,
        channel=Channel.OTHER,
        actor=actor,
        reference=reference,
        reason=reason,
        scope=f"topup/agent/{known.id}",
        source=AGENTS,
        puts=(after,),
    )
    new = credit(site, run, paid)
    of_agent = {"channel": "agent", "agent": known.id, "rate": known.rate_micro}
    receipt = await book(site, replace(new.act, detail={**new.act.detail, **of_agent}), refusal)
    assert new.act.reference is not None
    if not receipt.repeated:
        site.desk.agents[after.id] = after
        new.taken_over(site, receipt)
        tell(site, run, WalletEvent.TOPPED_UP, receipt, amount_minor, new.act.reference.key)
        site.wake_wallet(run)
    return receipt, site.desk.agents[known.id]


def agent_of(site: Site, entry: Entry) -> Agent | None:
    """Return the agent that an entry is a sale of."""
    if entry.kind is not EntryKind.TOP_UP:
        return None
    return site.desk.agents.get(AgentId(str(entry.detail.get("agent") or "")))


def given_back(site: Site, entry: Entry, legs: Sequence[Posting]) -> Agent | None:
    """Return the agent of a sale that is taken back by these movements."""
    known = agent_of(site, entry)
    if known is None:
        return None
    amount = sum(leg.amount_minor for leg in entry.postings if leg.source == AGENTS)
    returned = sum(leg.amount_minor for leg in legs if leg.target == AGENTS)
    rate = entry.detail["rate"]
    assert isinstance(rate, int)
    return unsold(known, amount, rate, returned_minor=returned)


def agent_view(site: Site, agent: Agent) -> dict[str, object]:
    """Describe an agent, with what it sold and earned since it was last settled with."""
    text = site.currency.text
    return {
        "agent": agent.id,
        "name": agent.name,
        "float": text(agent.float_minor),
        "commission_percent": write_percent(agent.rate_micro),
        "sold": text(agent.sold_minor),
        "commission_due": text(agent.due_minor),
        "sold_ever": text(agent.sold_all_minor),
        "commission_paid": text(agent.settled_minor),
        "settled_at": agent.settled_at.isoformat() if agent.settled_at is not None else None,
        "closed": agent.closed_at is not None,
    }


def _check_out(site: Site) -> None:
    """Refuse to give anything out on books that a restore has set back: it may have been given before."""
    if not site.books.writable:
        raise CoreError("ledger_closed")


async def _moved(
    site: Site,
    agent: str,
    kind: EntryKind,
    draw_fn: Callable[[Agent], tuple[Agent, tuple[Posting, ...], dict[str, object]]],
    actor: Actor,
    reason: str,
    reference: str,
    content: Mapping[str, object],
) -> tuple[Receipt, Agent]:
    """Write what changes an agent's standing; asked again it is answered as before."""
    await trusted_agents(site)
    known = find_agent(site, agent)
    key = referenced(str(kind), reference, content)
    act = Act(
        kind=kind,
        event=f"agent/{known.id}/{kind}/{key.key}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
    )
    if (before := await answered_before(site, act)) is not None:
        return before, known
    after, legs, detail = draw_fn(known)
    receipt = await book(
        site,
        replace(act, postings=legs, detail={"agent": known.id, **detail}, puts=(after,)),
    )
    site.desk.agents[after.id] = after
    return receipt, after
