"""The page about payments: codes to scan, and what came of them."""

from typing import Final

from custom_components.prepaid_parking.simulator.demo import DEMO

from . import tables
from .cards import WHOLE, heading, tile, view
from .client import Data
from .names import Names
from .parking_views import visitor_calls, visitors_pay

_STEPS: Final = """\
1. Open the page of **{wallet}** below in another window, and choose an amount.
2. Pay in the <a target="_blank" href="{provider}/window">payer's window</a>: it is what a phone would \
show. No real money moves.
3. The wallet has the money within seconds, and its supply comes on again if it was cut.

At the exit:

1. Let visitors not pay by themselves, and one come. Two minutes are free.
2. Let it leave: its driver waits for a minute. The page of **{exit}** shows the car by its masked \
plate. Pay for it, and the barrier opens.

A payment that the payer's bank takes back:

1. In the payer's window, have the bank take a payment of a wallet back.
2. Under Developer tools > Actions, run *Reconcile payments* (`prepaid_parking.reconcile_payments`) from yesterday to today: the provider's file says so, as it does each night. The wallet gives the money, and nothing goes out of it until you unfreeze it; a repair and `prepaid_parking.list_differences` show it.
"""


def payments(names: Names, provider: str) -> Data:
    """Show how a tenant or a driver pays, and what came in."""
    wallet = next(one for one in DEMO.wallets if one.key == _emptying())
    out = next(one for one in DEMO.lanes if one.direction == "out")
    steps = _STEPS.format(wallet=wallet.name, exit=out.name, provider=provider)
    how = [
        heading("Pay from a second window", "mdi:cellphone-check"),
        {"type": "markdown", "content": steps, "grid_options": {"columns": "full"}},
        visitors_pay(),
        *visitor_calls(),
        tables.codes(),
    ]
    scan = [
        heading("Scan to pay", "mdi:qrcode-scan"),
        *_code(names.wallet(wallet, "top_up_code"), f"{wallet.name}: top up"),
        tile(names.wallet(wallet, "available"), "Left to use", colour="green", icon="mdi:wallet"),
        tile(names.wallet(wallet, "state"), "Wallet"),
        *_code(names.of(out.name, "pay_code"), f"{out.name}: pay for the stay"),
    ]
    came = [
        heading("What came in", "mdi:cash-fast"),
        tile(
            names.entity("site", "unreconciled"),
            "Without a place",
            icon="mdi:help-circle-outline",
            columns=WHOLE,
        ),
        tables.orders(),
    ]
    return view("Payments", "payments", how, scan, came)


def _code(entity: str, name: str) -> list[Data]:
    """Show a code with nothing laid over it: a name on its edge keeps a phone from reading it."""
    return [
        {"type": "heading", "heading": name, "heading_style": "subtitle"},
        {
            "type": "picture-entity",
            "entity": entity,
            "show_name": False,
            "show_state": False,
            "grid_options": {"columns": WHOLE},
        },
    ]


def _emptying() -> str:
    return next(one.wallet for one in DEMO.meters if one.serial == DEMO.heavy.serial)
