"""What wallets were promised, as the books left it: promotions, points, fees, recoveries, top-ups."""

from ..core.layers import Layers
from ..core.points import Lots, PointsRule
from ..core.promotion import Granted, Promotion
from ..core.recovery import Recovery
from ..core.top_up_fee import TopUpFee
from .gently import gently
from .site import Site
from .topping_up import keep_granted


async def load(site: Site) -> None:
    """Take it all up; the wallets are there already."""
    promotions = await site.books.load(Promotion)
    for promotion in sorted(promotions, key=lambda one: one.version):
        site.extras.promotions.setdefault(promotion.id, []).append(promotion)
    rules = await site.books.load(PointsRule)
    site.extras.points_rules = sorted(rules, key=lambda one: one.version)
    fees = await site.books.load(TopUpFee)
    for fee in sorted(fees, key=lambda one: one.version):
        site.extras.fees.setdefault(fee.id, []).append(fee)
    async for granted in gently(await site.books.load(Granted)):
        keep_granted(site, granted)
    async for kept in gently(await site.books.load(Layers)):
        site.wallets[kept.wallet].layers = kept.layers
    async for held in gently(await site.books.load(Lots)):
        site.wallets[held.wallet].lots = held.lots
    async for recovery in gently(await site.books.load(Recovery)):
        site.wallets[recovery.wallet].recoveries[recovery.category] = recovery
