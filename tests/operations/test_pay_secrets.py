"""What is on the disk, in the journal and in what is told of payments has no key, no account and no name."""

import base64

from custom_components.prepaid_parking.core.pay_refund import RefundStep
from custom_components.prepaid_parking.operations.agreements import agreement_view
from custom_components.prepaid_parking.operations.pay_refund_people import settle_refund
from custom_components.prepaid_parking.operations.pay_refunds import refund_order
from custom_components.prepaid_parking.operations.terminals import set_terminal, terminal_view
from tests.operations.provider import connect
from tests.operations.refunding import ACCOUNT, OTHER, RefundingProvider, paid_order
from tests.operations.test_agreements import CARD, Fetching, agreed, put_up
from tests.operations.test_bank_lines import take
from tests.operations.test_card_files import MAC_KEY, terminal
from tests.operations.test_tokens import KEY, token_meter
from tests.operations.test_vouchers import batch_of, numbers, redeem
from tests.operations.world import BOOKS, MANAGER, World

PAYER = "Ouyang Mingyu 13912345678"
"""Who sent a transfer, as banks write it into their statements."""


async def test_a_stolen_ledger_fetches_opens_and_tells_nothing(world: World) -> None:
    """Beside it lie the keys; without them a copy is no card, no slip, no meter's credit and no name."""
    wallet = await world.wallet("20")
    port = Fetching()
    put_up(world, port)
    await agreed(world, wallet)
    provider = RefundingProvider()
    connect(world.site, provider)
    order = await paid_order(world, provider, wallet)
    refund = await refund_order(
        world.site, order=order.id, account=ACCOUNT, reason="moved", actor=MANAGER
    )
    await settle_refund(world.site, refund=refund.id, step=RefundStep.ALLOW, actor=OTHER)
    await take(world, f"2026-07-01,40.00,B1,{PAYER}", f"2026-07-01,30.00,B2,{PAYER} w1")
    _, kiosk, key = await set_terminal(world.site, actor=MANAGER, name="Lobby kiosk")
    await terminal(world)
    await token_meter(world)
    slip = (await numbers(world, await batch_of(world)))[0]
    await redeem(world, wallet, slip)
    secrets = {
        "card": CARD,
        "account": ACCOUNT["account"],
        "account's digits": ACCOUNT["account"].replace(" ", ""),
        "holder": ACCOUNT["holder"],
        "payer": PAYER,
        "phone": PAYER.rsplit(maxsplit=1)[-1],
        "kiosk": key,
        "records": MAC_KEY.hex(),
        "records, raw": MAC_KEY.decode("latin-1"),
        "records, written": base64.b64encode(MAC_KEY).decode(),
        "meter": KEY,
        "slip": slip,
        "slip's proof": slip[8:18],
    }
    entries = await world.books.entries(limit=1_000)
    agreement = next(iter(world.site.risking.agreements.values()))
    said = {
        "journal": "\n".join(map(str, entries)),
        "facts": "\n".join(map(str, world.facts)),
        "answers": f"{agreement_view(world.site, agreement)} {terminal_view(world.site, kiosk)}",
    }
    await world.books.close()
    said |= {one.name: one.read_bytes().decode("latin-1") for one in world.folder.glob(f"{BOOKS}*")}
    assert "Flat 1" in said[BOOKS]
    found = [
        (place, what)
        for place, text in said.items()
        for what, secret in secrets.items()
        if secret in text or secret.encode().decode("latin-1") in text
    ]
    assert found == []
