"""What a site's desk has in mind: drawers and who has them, the last receipt, terminals, agents."""

import asyncio
from dataclasses import dataclass, field

from ..core.agent import Agent
from ..core.identity import AgentId, ShiftId, TerminalId, TillId
from ..core.shift import Shift, Till
from ..core.terminal import Nonces, Terminal


@dataclass(slots=True)
class DeskBook:
    """`shifts` are those that are open, `left` is what was counted in a drawer when it was handed back.

    `lock` is held by whoever moves cash or takes a number. `barred` is the country whose law keeps
    the desk from taking cash. With `doubtful` a write failed: some of it may be in the books after
    all, so they are read again before the next one. So are the agents with `agents_doubtful`.
    """

    tills: dict[TillId, Till] = field(default_factory=dict)
    shifts: dict[ShiftId, Shift] = field(default_factory=dict)
    left: dict[TillId, int] = field(default_factory=dict)
    terminals: dict[TerminalId, Terminal] = field(default_factory=dict)
    nonces: dict[TerminalId, Nonces] = field(default_factory=dict)
    agents: dict[AgentId, Agent] = field(default_factory=dict)
    last_receipt: int | None = None
    barred: str = ""
    doubtful: bool = False
    agents_doubtful: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
