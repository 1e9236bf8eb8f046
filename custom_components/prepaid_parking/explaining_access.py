"""Why a lane answered as it did, in sentences: the trace of a decision put into words."""

from collections.abc import Mapping
from typing import Final

from .core.admission import Decision, Step
from .core.money import Currency
from .wording import Words

MONEY: Final = "_minor"
"""Values with this ending are amounts."""


def explain_decision(decision: Decision, words: Words, currency: Currency) -> list[str]:
    """Say what a lane looked at, one rule after the other; the last sentences are what came of it."""
    said = [explain_step(step, decision, words, currency) for step in decision.trace]
    if any(step.values.get("in_window") is False for step in decision.trace):
        said.append(words("access.overtime"))
    if decision.rule == "listed":
        said.append(words("access.rule.listed", **_blanks(decision.trace[-1].values, currency)))
    if decision.remind:
        said.append(words("access.remind"))
    if decision.review:
        said.append(words(f"access.review.{decision.review}"))
    return said


def explain_step(step: Step, decision: Decision, words: Words, currency: Currency) -> str:
    """Say what a rule saw; the one that decided gives the answer's reason."""
    blanks = _blanks(step.values, currency)
    if step.decided:
        return words(f"access.{decision.reason}", **{"due": "", **blanks})
    if step.rule == "bill":
        return words("access.rule.bill_open" if step.values["unpaid"] else "access.rule.bill")
    return words(f"access.rule.{step.rule}", **blanks)


def _blanks(values: Mapping[str, object], currency: Currency) -> dict[str, object]:
    """Return a step's values as they are said: amounts as money, under a shorter name."""
    return {
        name.removesuffix(MONEY): currency.text(value)
        if name.endswith(MONEY) and isinstance(value, int)
        else value
        for name, value in values.items()
    }
