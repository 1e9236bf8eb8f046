"""Agents: shops that top up wallets against money they paid in before, and earn a commission.

The commission of each top-up is kept exactly, in millionths of a minor unit: what a settlement cannot
pay of it stays for the next one.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from .errors import CoreError
from .identity import AgentId

MILLION: Final = 1_000_000
"""`rate_micro` of it is the whole amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Who sells for the site. `float_minor` is what is left of the money paid in.

    `earned_micro` is the commission not settled yet, `sold_minor` what was sold since then and
    `sold_all_minor` ever, `settled_minor` the commission that was paid.
    """

    id: AgentId
    no: int
    name: str
    rate_micro: int = 0
    float_minor: int = 0
    earned_micro: int = 0
    sold_minor: int = 0
    sold_all_minor: int = 0
    settled_minor: int = 0
    settled_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def due_minor(self) -> int:
        """The commission that can be paid now, in whole minor units."""
        return self.earned_micro // MILLION


def paid_in(agent: Agent, amount_minor: int) -> Agent:
    """Return an agent whose float has changed by an amount; it never falls below nothing."""
    _open(agent)
    if not amount_minor:
        raise CoreError("amount_not_positive", amount=amount_minor)
    _covered(agent, -amount_minor)
    return replace(agent, float_minor=agent.float_minor + amount_minor)


def sold(agent: Agent, amount_minor: int) -> Agent:
    """Return an agent after a sale against its float, with the commission that it earned."""
    _open(agent)
    if amount_minor <= 0:
        raise CoreError("amount_not_positive", amount=amount_minor)
    _covered(agent, amount_minor)
    return replace(
        agent,
        float_minor=agent.float_minor - amount_minor,
        earned_micro=agent.earned_micro + amount_minor * agent.rate_micro,
        sold_minor=agent.sold_minor + amount_minor,
        sold_all_minor=agent.sold_all_minor + amount_minor,
    )


def unsold(
    agent: Agent, amount_minor: int, rate_micro: int, *, returned_minor: int | None = None
) -> Agent:
    """Return an agent without a sale: its money is its own again, its commission of it is owed back.

    `returned_minor` is what comes back where a fee stays with the site.
    """
    returned = amount_minor if returned_minor is None else returned_minor
    return replace(
        agent,
        float_minor=agent.float_minor + returned,
        earned_micro=agent.earned_micro - amount_minor * rate_micro,
        sold_minor=agent.sold_minor - amount_minor,
        sold_all_minor=agent.sold_all_minor - amount_minor,
    )


def settled(agent: Agent, *, into_float: bool, at: datetime) -> Agent:
    """Return an agent whose commission was paid, out of the till or into its float."""
    due = agent.due_minor
    if due <= 0:
        raise CoreError("agent_nothing_due", agent=agent.name)
    return replace(
        agent,
        float_minor=agent.float_minor + (due if into_float else 0),
        earned_micro=agent.earned_micro - due * MILLION,
        sold_minor=0,
        settled_minor=agent.settled_minor + due,
        settled_at=at,
    )


def ended(agent: Agent, at: datetime) -> Agent:
    """Return an agent that sells no more: its float is paid back and its commission settled before."""
    _open(agent)
    if agent.float_minor or agent.due_minor > 0:
        raise CoreError("agent_not_settled", agent=agent.name)
    return replace(agent, closed_at=at)


def check_rate(rate_micro: int) -> int:
    """Refuse a commission that is more than the whole, or less than nothing."""
    if not 0 <= rate_micro <= MILLION:
        raise CoreError("agent_rate_out_of_range")
    return rate_micro


def _open(agent: Agent) -> None:
    if agent.closed_at is not None:
        raise CoreError("agent_closed", agent=agent.name)


def _covered(agent: Agent, amount_minor: int) -> None:
    if amount_minor > agent.float_minor:
        raise CoreError("agent_float_too_small", agent=agent.name)
