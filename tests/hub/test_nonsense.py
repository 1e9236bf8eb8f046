"""Nonsense in every field of every action: answered in words, and nothing moves for it."""

from collections.abc import Sequence
from datetime import timedelta
import itertools
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import probatio as vol
import pytest

from custom_components.prepaid_parking.actions.call import Action
from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.core.identity import SYSTEM, StayId, TariffId
from custom_components.prepaid_parking.core.invoice import invoice_id
from custom_components.prepaid_parking.core.review import Suspicion
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from custom_components.prepaid_parking.core.texts import LISTS
from custom_components.prepaid_parking.operations.reviews import open_review
from custom_components.prepaid_parking.operations.stay_book import put
from custom_components.prepaid_parking.services import ACTIONS
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from tests.journeys.conftest import Hub, bound_meter
from tests.journeys.selling import HOURLY, WASHES
from tests.operations.provider import Provider, connect

LONG: Final = "x" * 10_000
NONSENSE: Final[tuple[Any, ...]] = (
    *(None, True, -1, 0, 10**9, 10**30, 1.5, float("nan")),
    *("", " ", "-1", "1e999999", "1e-999999", "9" * 40, "1e20", "NaN", "Infinity", "0,5"),
    *("w999", "2026-02-30", "0001-01-01", "9999-12-31"),
    *("0001-01-01T00:00:00", "9999-12-31T23:59:59"),
    *("13:61", "nul\x00inside", "\U0001f600", LONG),
    *([], {}, [None], [{}], [[]], ["x"] * 10_000, {"x": {"y": []}}),
)
USUAL: Final[dict[str, Any]] = {
    "agent": "ag1",
    "agreement": "am1",
    "amount": "1.00",
    "batch": "vb1",
    "below": "10.00",
    "bill": "b1",
    "by": "fixed",
    "card": "c1",
    "channel": "ch1",
    "category": "rent",
    "code": "pc1",
    "count": 1,
    "counted": "1.00",
    "day": "10.00",
    "deposit": "h1",
    "csv": "date,amount,reference,text\n2026-01-01,1.00,B1,w1",
    "difference": "df1",
    "doubts": ["d1"],
    "draft": {"tariff": "home", "quantity": "energy", "price": "1.00"},
    "entry": 4,
    "fee": "card",
    "final_register": "1000",
    "first": "2030-01-01",
    "hours": [{"days": ["workday"], "from": "23:00", "to": "06:00"}],
    "how": "accept",
    "invitation": "iv1",
    "invoice": str(invoice_id("topup/cash/invoiced", 0)),
    "item": "management",
    "kind": "tap",
    "lane": "l1",
    "last": "2030-01-31",
    "limit": 500,
    "lines": [{"text": "Rent", "amount": "10.00"}],
    "location": "underground",
    "mac_key": "ab" * 32,
    "main": "m1",
    "members": [{"member": "w1", "weight": "1"}],
    "merchant": "bakery",
    "meter": "m1",
    "number": "00000001000000000000",
    "operation": "cash1",
    "order": "po1",
    "payment": "pu1",
    "most": "10.00",
    "month": "2026-01",
    "name": "Thing",
    "package": "k1",
    "open": True,
    "permit": "pm1",
    "plate": "A12345",
    "point": "p1",
    "points": 1,
    "policy": "standard",
    "price": "1.00",
    "promotion": "autumn",
    "protected": True,
    "public_key": "cd" * 32,
    "quantity": "1",
    "readings": [{"at": "2026-01-01 00:00:00", "register": "1000"}],
    "reason": "because",
    "receipt": 1,
    "refund": "rf1",
    "renews": True,
    "reservation": "rs1",
    "resolution": "explained",
    "review": "rv1",
    "rule": "vr1",
    "schedule": "night",
    "since": "2026-01-01 00:00:00",
    "sold_in": "kWh",
    "space": "sp1",
    "start_register": "0",
    "statement": "100.00",
    "stay": "st1",
    "step": "take_back",
    "target": "w1",
    "targets": ["w1"],
    "tariff": "home",
    "tenure": "owned",
    "terminal": "north",
    "till": "ti1",
    "to": "w2",
    "token": "pm_1",
    "unit": "u1",
    "units": "1",
    "until": "2031-01-01 00:00:00",
    "use": "s1",
    "verdict": "dismissed",
    "wallet": "w3",
}
"""What each field that must be given is given, where it is not the one that is nonsense."""
BESIDES: Final[dict[str, dict[str, Any]]] = {
    "open_wallet": {"unit": "Flat 3", "purpose": "property"},
    "publish_tariff": {"price": "1.00"},
    "transfer": {"wallet": "w1"},
    "set_use_point": {"amount": "2.50"},
    "set_recurring": {"name": "Rent", "wallet": "w3", "category": "rent", "amount": "1.00"},
    "set_promotion": {"steps": [{"top_up": "500", "bonus": "100"}]},
    "set_load_limit": {"meter": "m1"},
    "batch_top_up": {"rows": [{"wallet": "w1", "amount": "1.00"}]},
    "import_units": {"units": [{"name": "Flat 1"}]},
    "import_spaces": {"spaces": [{"name": "B1", "location": "underground", "tenure": "owned"}]},
    "set_fee_item": {"price": "200.00"},
    "set_vehicle_rule": {"kind": "free"},
    "create_bill": {"draft": True},
    "invite_visitor": {"to": "2031-01-01 00:00:00"},
    "set_parking_package": {"package": "month", "price": "1.00"},
    "sell_parking_package": {"package": "month"},
    "rent_space": {"card": "c1", "price": "1.00"},
    "reserve_space": {"to": "2031-01-01 00:00:00", "zone": "North", "card": "c1"},
    "validate_stay": {"stay": "st1", "minutes": 60},
    "get_stay": {"stay": "st1"},
    "pay_stay": {"stay": "st1"},
    "refund_stay": {"stay": "st1"},
    "let_out_unpaid": {"stay": "st1"},
    "pay_lost_ticket": {"plate": "A12345"},
    "create_order": {"wallet": "w1", "amount": "1.00"},
    "settle_payment": {"wallet": "w1"},
    "request_invoice": {"wallet": "w1"},
    "import_settlement": {"bank": "main"},
    "set_till": {"name": "Front desk"},
    "set_agent": {"name": "Corner shop"},
    "set_terminal": {"name": "Kiosk"},
    "count_shift": {"shift": "sh1"},
    "deliver_cash": {"shift": "sh1"},
    "make_pay_code": {"kind": "wallet"},
    "show_pay_code": {"kind": "wallet"},
    "pay_link": {"wallet": "w1"},
    "set_token_meter": {"name": "SL-1", "key": "bc41ec9530f6dac86b1a29ab82edc5fb", "wallet": "w1"},
    "set_risk_rule": {"rule": "top_up_single"},
    "set_person": {"name": "Li Wei"},
    "cancel_vouchers": {"batch": "vb1"},
    "move_in": {"wallet": "w1"},
    "move": {"wallet": "w1"},
}
"""And what some need beside those to be understood."""
SHARE: Final = 15
"""Actions for one site: so that what one of them ended does not hide what another would do."""


@pytest.fixture(autouse=True)
async def _in_the_east(hass: HomeAssistant) -> None:
    """Where the first day that there is begins before it, as UTC has it."""
    await hass.config.async_set_time_zone("Asia/Shanghai")


def sent(action: Action, field: str, nonsense: Any) -> dict[str, Any]:
    """Return what an action is sent: as it should be, but for one field."""
    needed = {str(key): USUAL[str(key)] for key in action.fields if isinstance(key, vol.Required)}
    fields = needed | BESIDES.get(action.name, {}) | {field: nonsense}
    if action.name in {"batch_top_up", "import_units", "import_spaces"} and field == "csv":
        lists = {"rows", "units", "spaces"}
        fields = {key: value for key, value in fields.items() if key not in lists}
    return fields


def parked(hub: Hub) -> Stay:
    """A car that has been inside for an hour."""
    return Stay(
        id=StayId("st1"),
        no=1,
        kind=StayKind.TEMPORARY,
        state=StayState.INSIDE,
        entered_at=hub.data.site.clock() - timedelta(hours=1),
        tariff=TariffId("hourly"),
        version=1,
    )


async def open_for_business(hub: Hub, line: ModbusLine, device: AcrelDdsy1352) -> None:
    """One of each thing that an action can be about."""
    await bound_meter(hub, line, device)
    await hub.call("top_up", wallet="w1", amount="100")
    await hub.call("open_wallet", unit="Flat 2")
    await hub.call("open_wallet", unit="Rent", purpose="property")
    await hub.call("top_up", wallet="w3", amount="1000")
    await hub.call("add_space", name="B1-023", location="underground", tenure="owned", owner="w3")
    await hub.call("publish_tariff", **WASHES)
    await hub.call("publish_tariff", **HOURLY)
    await hub.call("hold_deposit", wallet="w3", amount="50", reason="key")
    await hub.call("sell_package", wallet="w3", tariff="washes")
    await hub.call("set_unit", name="Flat 1", area="50")
    await hub.call("issue_card", wallet="w3", tags=["t"])
    await hub.call("set_use_point", name="Bus", kind="tap", amount="2.50")
    await hub.call("invite_visitor", plate="A12345", to="2031-01-01 00:00:00")
    await hub.call("reserve_space", zone="North", card="c1", to="2031-01-01 00:00:00")
    await hub.call("set_merchant", merchant="bakery")
    await hub.call("set_till", name="Front desk")
    await hub.call("set_agent", name="Corner shop", commission_percent="1.5")
    await hub.call("pay_agent_float", agent="ag1", amount="100", channel="transfer")
    await hub.call("set_terminal", name="Kiosk")
    await hub.call("open_wallet", unit="Flat 4", purpose="parking")
    await hub.call("issue_card", wallet="w4", plates=["B12345"])
    await hub.call("set_parking_package", package="month", price="1.00")
    await hub.call("sell_parking_package", card="c2", package="month")
    connect(hub.data.site, provider := Provider())
    provider.currency = hub.data.site.currency.code
    for amount in ("1.00", "2.00"):
        await hub.call("create_order", wallet="w1", channel="ch1", amount=amount)
    provider.pay(provider.asked[1].out_no, 150)
    await hub.call("get_order", order="po2", look=True)
    await hub.call("top_up", wallet="w1", amount="1", reference="invoiced")
    await hub.call("request_invoice", wallet="w1")
    await hub.call("make_vouchers", count=3, amount="5")
    await hub.call("sell_vouchers", batch="vb1", count=1)
    await hub.call("set_token_meter", sold_in="day", price="1.50", **BESIDES["set_token_meter"])
    await put(hub.data.site, parked(hub))
    await open_review(hub.data.site, Suspicion.FORCED)
    await hub.call("create_bill", wallet="w3", category="rent", draft=True, lines=USUAL["lines"])


async def surprise_of(hub: Hub, action: Action, field: str, nonsense: Any) -> str:
    """Return what is wrong with an action's answer to nonsense; nothing where it is as it must be.

    Taken as it is, or refused: by the form, or in a sentence of ours. What is refused has written
    nothing; a text of ten thousand letters is refused by all.
    """
    before = hub.data.books.head().n
    try:
        await hub.call(action.name, **sent(action, field, nonsense))
    except vol.Invalid:
        pass
    except ServiceValidationError as err:
        if err.translation_domain != DOMAIN or str(err) in {"", err.translation_key}:
            return f"without words: {err.translation_key}"
    except HomeAssistantError as err:
        return f"not the caller's to change: {err}"
    except Exception as err:  # noqa: BLE001 - whatever it is, it is listed
        return repr(err)
    else:
        return "kept in the books" if nonsense == LONG and field not in LISTS else ""
    if hub.data.books.head().n == before:
        return ""
    written = await hub.data.books.entries(after=before)
    # What the site does by itself meanwhile, such as to pay a bill, is not written for the nonsense.
    kinds = [str(one.kind) for one in written if one.actor != str(SYSTEM)]
    return f"refused, and written: {kinds}" if kinds else ""


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "actions",
    list(itertools.batched(ACTIONS, SHARE, strict=False)),
    ids=lambda actions: f"{actions[0].name} to {actions[-1].name}",
)
async def test_nonsense_is_answered_in_words_and_moves_nothing(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352, actions: Sequence[Action]
) -> None:
    """A slip of the finger ends in a sentence that says what to do, not in "Unknown error"."""
    # The test plugin has the loop note where each future was made: a third of the time here.
    hub.hass.loop.set_debug(False)
    await open_for_business(hub, modbus_line, modbus_device)
    surprises = [
        f"{action.name}.{field}={nonsense!r:.40}: {surprise:.160}"
        for action in actions
        for field, nonsense in itertools.product(map(str, action.fields), NONSENSE)
        if (surprise := await surprise_of(hub, action, field, nonsense))
    ]
    assert not surprises, "\n".join(surprises)
    verdict = await hub.call("verify_ledger")
    assert verdict["problem"] in (None, "")
    await hub.restart()  # What was taken as it is can be read again.
    assert (await hub.call("list_wallets"))["count"] >= 3
