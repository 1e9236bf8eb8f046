"""Actions about packages of uses: lessons, washes, entries."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.identity import PackageId
from ..core.ledger import Receipt
from ..core.package import Package
from ..operations import counting, giving_back, packages
from ..operations.lots import uses_left
from .call import (
    MAYBE_REASON,
    PAGED,
    REASON,
    REFERENCE,
    TEXTS,
    WALLET,
    Action,
    Call,
    Fields,
    Response,
    page,
)

MOST_USES: Final = 1_000
USES: Final[Fields] = {
    vol.Optional("uses", default=1): vol.All(vol.Coerce(int), vol.Range(1, MOST_USES))
}


async def sell_package(call: Call) -> Response:
    """Sell a package of uses out of a wallet."""
    run, reference = call.wallet(), call.reference()
    receipt = await packages.sell_package(
        call.site,
        wallet=run.wallet.id,
        tariff=call.text("tariff"),
        card=call.text("card"),
        guests=[call.wallet(one).wallet.id for one in call.data["guests"]],
        reference=reference,
        actor=call.actor,
    )
    package = await packages.find_package(call.site, PackageId(str(receipt.detail["package"])))
    return call.receipt(receipt, reference) | _view(call, package) | _left(call, run.wallet.id)


async def use_package(call: Call) -> Response:
    """Take uses out of a wallet's packages."""
    reference = call.reference()
    wallet = call.wallet().wallet.id if call.text("wallet") else ""
    receipt = await counting.use_package(
        call.site,
        wallet=wallet,
        card=call.text("card"),
        tariff=call.text("tariff"),
        uses=call.data["uses"],
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | used(call, receipt)


async def give_back_use(call: Call) -> Response:
    """Give back what an entry took."""
    reference = call.reference()
    receipt = await giving_back.give_back_use(
        call.site,
        entry=call.data["entry"],
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    wallet = str(receipt.detail["wallet"])
    return (
        call.receipt(receipt, reference)
        | {"wallet": wallet, "paid_back": call.amount_of(receipt)}
        | _left(call, wallet)
    )


async def end_package(call: Call) -> Response:
    """End a package before its time."""
    reference = call.reference()
    receipt = await packages.end_package(
        call.site,
        package=call.text("package"),
        refund=call.data["refund"],
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    package = await packages.find_package(call.site, call.text("package"))
    return (
        call.receipt(receipt, reference)
        | {"paid_back": call.amount_of(receipt)}
        | _view(call, package)
        | _left(call, package.wallet)
    )


async def list_packages(call: Call) -> Response:
    """List packages with what is left of them."""
    found = await packages.packages_of(
        call.site,
        call.wallet().wallet.id if call.text("wallet") else None,
        ended=call.data["ended"],
    )
    shown = page(call, found, lambda one: one.id)
    return {"packages": [_view(call, one) for one in shown], "count": len(found)}


def used(call: Call, receipt: Receipt) -> Response:
    """Say what was taken, from where, and what is left."""
    wallet = str(receipt.detail["wallet"])
    takes = receipt.detail["takes"]
    assert isinstance(takes, list)
    return {
        "wallet": wallet,
        "uses": receipt.detail["uses"],
        "packages": [{"package": one["package"], "uses": one["uses"]} for one in takes],
        "paid": call.amount_of(receipt),
    } | _left(call, wallet)


def _left(call: Call, wallet: str) -> Response:
    run = call.site.wallet(wallet)
    return {
        "uses_left": uses_left(run),
        "available": call.site.currency.text(run.available_minor),
    }


def _view(call: Call, package: Package) -> Response:
    until, ended = package.valid_until, package.ended_at
    return {
        "package": package.id,
        "wallet": package.wallet,
        "tariff": package.tariff,
        "uses": package.uses,
        "left": package.left,
        "price": call.site.currency.text(package.price_minor),
        "sold_at": package.sold_at.isoformat(),
        "valid_until": until.isoformat() if until is not None else None,
        "card": package.card,
        "shared": package.shared,
        "guests": list(package.guests),
        "ended_at": ended.isoformat() if ended is not None else None,
    }


ACTIONS: Final = (
    Action(
        "sell_package",
        sell_package,
        {
            **WALLET,
            vol.Required("tariff"): cv.string,
            vol.Optional("card"): cv.string,
            vol.Optional("guests", default=list): TEXTS,
            **REFERENCE,
        },
    ),
    Action(
        "use_package",
        use_package,
        {
            vol.Optional("wallet"): cv.string,
            vol.Optional("card"): cv.string,
            vol.Optional("tariff"): cv.string,
            **USES,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "give_back_use",
        give_back_use,
        {vol.Required("entry"): vol.All(vol.Coerce(int), vol.Range(1)), **REASON, **REFERENCE},
    ),
    Action(
        "end_package",
        end_package,
        {
            vol.Required("package"): cv.string,
            vol.Optional("refund", default=True): cv.boolean,
            **REASON,
            **REFERENCE,
        },
    ),
    Action(
        "list_packages",
        list_packages,
        {
            vol.Optional("wallet"): cv.string,
            vol.Optional("ended", default=False): cv.boolean,
            **PAGED,
        },
    ),
)
