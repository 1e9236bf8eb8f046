"""Stays as lanes begin and end them, without lanes: for what is about their money."""

from dataclasses import replace
from typing import Any

from custom_components.prepaid_parking.core.identity import StayId, TariffId, WalletId
from custom_components.prepaid_parking.core.ledger import Record
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from custom_components.prepaid_parking.core.wallet import CredentialKind
from custom_components.prepaid_parking.operations.stay_book import alone, put
from custom_components.prepaid_parking.operations.stay_charging import charge_stay, owe_stay
from custom_components.prepaid_parking.operations.stay_cost import cost_of_stay
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.world import MANAGER, World

CITY: dict[str, Any] = {
    "tariff": "city",
    "kind": "duration",
    "duration": {"price": "5.00", "leave": 15, "caps": {"day": "60.00"}},
}
TAXED: dict[str, Any] = {
    "tariff": "taxed",
    "kind": "duration",
    "duration": {"price": "10.00", "leave": 15},
    "levies": [{"name": "VAT", "kind": "tax", "percent": "6"}],
}
PLATE = "京A12345"


async def arrive(
    world: World,
    plate: str = PLATE,
    *,
    kind: StayKind = StayKind.TEMPORARY,
    wallet: WalletRun | None = None,
    tariff: str = "city",
    **fields: Any,
) -> Stay:
    """Let a car in."""
    number = await world.books.next_number("stay")
    stay = Stay(
        id=StayId(f"st{number}"),
        no=number,
        kind=kind,
        state=StayState.INSIDE,
        entered_at=world.clock.now,
        plate=world.site.privacy.blind(CredentialKind.PLATE, plate),
        masked=f"{plate[0]}-**-{plate[-3:]}",
        wallet=None if wallet is None else WalletId(wallet.wallet.id),
        tariff=TariffId(tariff),
        version=1,
        **fields,
    )
    return await put(world.site, stay)


def now(world: World, stay: Stay) -> Stay:
    """The stay as memory has it."""
    return world.site.parking.stays[stay.id]


def due(world: World, stay: Stay) -> int:
    """What the car would have to pay now."""
    return cost_of_stay(world.site, now(world, stay), world.clock.now).due_minor


async def leave(world: World, stay: Stay, *puts: Record, state: StayState = StayState.LEFT) -> Stay:
    """Charge a stay at the exit and let its car out."""
    async with alone(world.site, stay.id):
        here = now(world, stay)
        cost = cost_of_stay(world.site, here, world.clock.now)
        gone = replace(here, state=state, left_at=world.clock.now)
        return await charge_stay(world.site, gone, cost, actor=MANAGER, puts=puts)


async def back_out(world: World, stay: Stay) -> Stay:
    """Let a car that was let out stay inside."""
    back = replace(now(world, stay), state=StayState.INSIDE, left_at=None)
    return await put(world.site, back)


async def let_out(world: World, stay: Stay) -> Stay:
    """Let a car out that has not paid."""
    async with alone(world.site, stay.id):
        here = now(world, stay)
        cost = cost_of_stay(world.site, here, world.clock.now)
        return await owe_stay(world.site, here, cost, actor=MANAGER, reason="barrier broken")
