"""Why a lane answered as it did is said in sentences, in either language."""

import json

from homeassistant.core import HomeAssistant
import pytest

from custom_components.prepaid_parking.core.admission import Reason, decide
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.explaining_access import explain_decision
from custom_components.prepaid_parking.wording import async_words
from tests.core.test_admission import CASES, asked_in

CNY = Currency.of("CNY")
BY_NAME = {case.name: case for case in CASES}


@pytest.mark.parametrize(
    ("language", "case", "sentences"),
    [
        (
            "en",
            "a stranger who has not paid hears how much it is",
            ["The stay st1 costs 9.00 more.", "It stays closed: 9.00 is to be paid first."],
        ),
        (
            "zh-Hans",
            "the third car of a tandem space stays out where strangers do",
            [
                "停车卡 c1 在本车道有效。",
                "停车卡权益的账单已付。",
                "不放行：该卡允许同时在场的车辆数已满。",
            ],
        ),
        (
            "en",
            "outside the hours of its package a car comes in and pays for that at the exit",
            [
                "The card c1 is in force at this lane.",
                "The bill for what the card has is paid.",
                "0 of its other cars are inside; 1 may be at once.",
                "It opens: a package covers today.",
                "It is outside the hours of the package: that time is paid for at the exit.",
            ],
        ),
        (
            "en",
            "an owner with an open bill comes in and is reminded",
            [
                "The card c1 is in force at this lane.",
                "The bill for what the card has is not paid; the site lets it in.",
                "0 of its other cars are inside; 1 may be at once.",
                "It opens: the card is for a space that is owned.",
                "It is reminded of what is not paid.",
            ],
        ),
    ],
)
async def test_a_trace_reads_like_what_an_attendant_would_say(
    hass: HomeAssistant, language: str, case: str, sentences: list[str]
) -> None:
    """Whoever stands at the barrier is told by the telephone, not by a table."""
    decision = decide(asked_in(BY_NAME[case]))
    said = explain_decision(decision, await async_words(hass, language), CNY)
    assert said[3:] == sentences


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
async def test_every_answer_of_the_table_can_be_said(hass: HomeAssistant, language: str) -> None:
    """A reason or a rule without its words would be an error just when somebody asks why."""
    words = await async_words(hass, language)
    for case in CASES:
        decision = decide(asked_in(case))
        said = explain_decision(decision, words, CNY)
        overtime = "outside the hours" in case.name
        by_list = decision.rule == "listed"
        beside = decision.remind + bool(decision.review) + overtime + by_list
        assert len(said) == len(decision.trace) + beside
        assert "{" not in json.dumps(said)
    assert all(words(f"access.{reason}", due="1.00") for reason in Reason)
