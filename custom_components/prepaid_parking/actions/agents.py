"""Actions about those who take payments for the site: agents with a float, terminals with a key."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.chart import Channel
from ..core.written_parts import percent
from ..operations import agents, terminals
from .call import AMOUNT, MAYBE_REASON, REFERENCE, WALLET, Action, Call, Fields, Response
from .wallets import described

AGENT: Final[Fields] = {vol.Required("agent"): cv.string}
COUNTER: Final = vol.All(
    vol.Coerce(Channel), vol.In((Channel.CASH, Channel.TERMINAL, Channel.TRANSFER))
)
NAME: Final = vol.All(cv.string, vol.Length(min=1))


async def set_agent(call: Call) -> Response:
    """Take up an agent, or change it."""
    reference, rate = call.reference(), call.data.get("commission_percent")
    receipt, agent = await agents.set_agent(
        call.site,
        agent=call.text("agent"),
        name=call.data.get("name"),
        rate_micro=None if rate is None else percent(rate, "commission_percent"),
        closed=call.data["closed"],
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | agents.agent_view(call.site, agent)


async def list_agents(call: Call) -> Response:
    """List the agents with what is left of their float, and what they have earned."""
    known = call.site.desk.agents.values()
    return {"agents": [agents.agent_view(call.site, one) for one in known]}


async def pay_agent_float(call: Call) -> Response:
    """Take what an agent pays in, or give back what is left of it."""
    reference = call.reference()
    receipt, agent = await agents.pay_in_float(
        call.site,
        agent=call.text("agent"),
        amount_minor=call.money("amount"),
        channel=call.data["channel"],
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | agents.agent_view(call.site, agent)


async def agent_top_up(call: Call) -> Response:
    """Top up a wallet out of an agent's float."""
    run, reference = call.wallet(), call.reference()
    receipt, agent = await agents.agent_top_up(
        call.site,
        agent=call.text("agent"),
        wallet=run.wallet.id,
        amount_minor=call.money("amount"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return {
        **call.receipt(receipt, reference),
        "agent": agents.agent_view(call.site, agent),
        **described(call, run),
    }


async def settle_agent(call: Call) -> Response:
    """Pay the commission that an agent has earned."""
    reference = call.reference()
    receipt, agent = await agents.settle_agent(
        call.site,
        agent=call.text("agent"),
        channel=call.data.get("channel"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return {
        **call.receipt(receipt, reference),
        "amount": call.amount_of(receipt),
        **agents.agent_view(call.site, agent),
    }


async def set_terminal(call: Call) -> Response:
    """Take up a terminal, or change it; a new key is shown this once."""
    data = call.data
    receipt, terminal, key = await terminals.set_terminal(
        call.site,
        terminal=call.text("terminal"),
        name=data.get("name"),
        till=data["till"] or "" if "till" in data else None,
        renew_key=data["renew_key"],
        closed=data.get("closed"),
        reason=call.text("reason"),
        actor=call.actor,
    )
    return {
        **call.receipt(receipt),
        **terminals.terminal_view(call.site, terminal),
        "key": key or None,
    }


async def list_terminals(call: Call) -> Response:
    """List the terminals."""
    known = call.site.desk.terminals.values()
    return {"terminals": [terminals.terminal_view(call.site, one) for one in known]}


ACTIONS: Final = (
    Action(
        "set_agent",
        set_agent,
        {
            vol.Optional("agent"): cv.string,
            vol.Optional("name"): NAME,
            vol.Optional("commission_percent"): cv.string,
            vol.Optional("closed", default=False): cv.boolean,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action("list_agents", list_agents, {}),
    Action(
        "pay_agent_float",
        pay_agent_float,
        {
            **AGENT,
            **AMOUNT,
            vol.Optional("channel", default="cash"): COUNTER,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "agent_top_up",
        agent_top_up,
        {**AGENT, **WALLET, **AMOUNT, **MAYBE_REASON, **REFERENCE},
    ),
    Action(
        "settle_agent",
        settle_agent,
        {**AGENT, vol.Optional("channel"): COUNTER, **MAYBE_REASON, **REFERENCE},
    ),
    Action(
        "set_terminal",
        set_terminal,
        {
            vol.Optional("terminal"): cv.string,
            vol.Optional("name"): NAME,
            vol.Optional("till"): vol.Maybe(cv.string),
            vol.Optional("renew_key", default=False): cv.boolean,
            vol.Optional("closed"): cv.boolean,
            **MAYBE_REASON,
        },
    ),
    Action("list_terminals", list_terminals, {}),
)
"""The actions, by what they are about: each file is a table of names, handlers and fields."""
