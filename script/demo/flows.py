"""The hub's forms, filled in as a person would: step by step, each answer under its step's name."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .client import Data, Hub
from .trouble import DemoError

CONFIG: Final = "config/config_entries/flow"
OPTIONS: Final = "config/config_entries/options/flow"
SUBENTRY: Final = "config/config_entries/subentries/flow"
_SLOWEST_S: Final = 60.0

type Answer = Data | str | Callable[[Data], Data]
"""Of a form its fields (or what makes them of the form), of a menu the step to go on with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What to answer, and what was shown on the way."""

    title: str
    answers: Mapping[str, Answer]


async def fill_in(hub: Hub, path: str, handler: object, steps: Steps) -> list[Data]:
    """Go through a flow to its end; returns every form it showed."""
    shown: list[Data] = []
    result = await hub.rest("POST", path, {"handler": handler})
    try:
        async with asyncio.timeout(_SLOWEST_S):
            while result["type"] != "create_entry":
                shown.append(result)
                result = await _step(hub, path, result, steps)
    except TimeoutError:
        message = f"{steps.title}: the flow stands still at {result.get('step_id')}."
        raise DemoError(message) from None
    shown.append(result)
    return shown


async def give_up(hub: Hub, path: str, flow_id: str) -> None:
    """Leave a flow."""
    await hub.rest("DELETE", f"{path}/{flow_id}")


async def _step(hub: Hub, path: str, result: Data, steps: Steps) -> Data:
    flow, step = f"{path}/{result.get('flow_id')}", result.get("step_id", "")
    match result["type"]:
        case "abort":
            message = f"{steps.title}: the flow ended with {result['reason']!r}."
            raise DemoError(message)
        case "progress":
            await asyncio.sleep(0.3)
            return await hub.rest("GET", flow)
        case "progress_done":
            return await hub.rest("GET", flow)
    if result.get("errors"):
        said = result.get("description_placeholders") or {}
        message = f"{steps.title}: {step} answers {result['errors']} {said.get('detail', '')}"
        raise DemoError(message)
    if step not in steps.answers:
        message = f"{steps.title}: the flow asks for {step!r}, which the demo does not know."
        raise DemoError(message)
    return await hub.rest("POST", flow, _body(steps.answers[step], result))


def _body(answer: Answer, form: Data) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"next_step_id": answer}
    return answer(form) if callable(answer) else answer
