"""Whatever comes to the payer's page from outside, what goes back is a page, and nothing moves."""

from time import process_time
from typing import Any, Final
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from yarl import URL

from custom_components.prepaid_parking.core.pay_code import PayFor
from custom_components.prepaid_parking.core.rate_limit import Allowance, RateLimit
from custom_components.prepaid_parking.operations.pay_tokens import opened_by
from custom_components.prepaid_parking.operations.pay_visit_book import HOUR
from custom_components.prepaid_parking.operations.site import Site
from tests.hub.pay_page import PATH, Phone, at_once
from tests.hub.test_docs_stays import car_park, inside
from tests.hub.test_pay_view import link, phone, provider, site, wallet
from tests.journeys.conftest import Hub

__all__ = ["at_once", "phone", "provider", "site"]

pytestmark = pytest.mark.usefixtures("at_once")

FIELDS: Final = ("form", "do", "plate", "since", "digits", "channel", "amount", "own", "x")
DEEDS: Final = ("car", "find", "phone", "other_car", "again", "pay", "", "\0")
PAGE_ERRORS: Final = frozenset({200, 400, 404, 429})
TEXT: Final = st.text(st.characters(codec="utf-8"), max_size=60)


def no_limits(site: Site) -> None:
    """Let everything through to what is behind the limits."""
    site.pay_visits.begun = RateLimit(Allowance(most=10**6, every=HOUR))


def money(site: Site) -> object:
    """Whatever could have moved."""
    return (
        {key: run.balance_minor for key, run in site.wallets.items()},
        {key: (one.paid_minor, one.state) for key, one in site.parking.stays.items()},
    )


@pytest.fixture
async def tokens(hub: Hub, site: Site) -> list[str]:
    """A link to each kind of thing."""
    no_limits(site)
    await car_park(hub)
    await inside(hub, 1, "粤B12345", "粤****45", 150)
    w1 = await wallet(hub)
    added = await hub.call("add_space", name="N-1", location="underground", tenure="owned")
    space = str(added["space"])
    return [
        link(site, PayFor.WALLET, w1),
        link(site, PayFor.STAY, "st1"),
        link(site, PayFor.SPACE, space),
        link(site, PayFor.STAY, "st404"),
        link(site, PayFor.BILL, "b404"),
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(path=TEXT, accept=TEXT, agent=TEXT, language=TEXT, how=st.sampled_from(["GET", "POST"]))
async def test_every_path_and_header_is_answered_with_a_page(
    tokens: list[str], phone: Phone, path: str, accept: str, agent: str, language: str, how: str
) -> None:
    """Whoever looks for a hole finds the same few pages."""
    headers = {"Accept-Language": quote(accept), "User-Agent": quote(agent)}
    url = f"{phone.server}{PATH}{quote(path, safe='')}?language={quote(language, safe='')}"
    async with phone.session.request(how, URL(url, encoded=True), headers=headers) as answer:
        assert answer.status in PAGE_ERRORS
        assert "Set-Cookie" not in answer.headers


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    fields=st.dictionaries(st.sampled_from(FIELDS), TEXT, max_size=9),
    do=st.sampled_from(DEEDS),
    right=st.booleans(),
    data=st.data(),
)
async def test_every_form_is_answered_with_a_page_and_moves_nothing(
    site: Site,
    tokens: list[str],
    phone: Phone,
    fields: dict[str, str],
    do: str,
    right: bool,
    data: Any,
) -> None:
    """Whoever fills in nonsense reads a sentence; nobody's money and nobody's car is touched."""
    before = money(site)
    page = await phone.open(data.draw(st.sampled_from(tokens)))
    if page.status != 200:
        return
    url = f"{phone.server}{page.actions[0].lstrip('/')}"
    form = fields | {"do": do} | ({"form": page.forms[0]["form"]} if right else {})
    async with phone.session.post(url, data=form) as answer:
        text = await answer.text()
        assert answer.status in PAGE_ERRORS
        assert "<h1>" in text
        assert len(text.encode()) < 50_000
    assert money(site) == before
    assert not site.paying.orders


async def test_a_hundred_thousand_guesses_find_nothing_and_cost_little(
    site: Site, tokens: list[str]
) -> None:
    """Before anything is looked up a guess has to prove itself; and there is no time to guess more."""
    real = tokens[0]
    begin = process_time()  # Whatever else the machine does is no cost of theirs.
    for no in range(100_000):
        guess = (f"{no:032x}", f"{no:024X}", f"{real[:-5]}{no:05}")[no % 3]
        assert opened_by(site, guess) is None
        assert site.pay_visits.find(guess, site.clock()) is None
    assert process_time() - begin < 20
    assert opened_by(site, real) is not None
    assert len(site.pay_visits) == 0
