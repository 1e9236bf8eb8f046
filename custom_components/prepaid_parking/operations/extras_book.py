"""What comes with a top-up, or off it, in memory."""

from dataclasses import dataclass, field

from ..core.identity import (
    FeeId,
    PromotionId,
    WalletId,
)
from ..core.points import PointsRule
from ..core.promotion import Granted, Promotion
from ..core.top_up_fee import TopUpFee


@dataclass(slots=True)
class ExtrasBook:
    """Promotions with what they have given, the rules of points, and what a top-up costs."""

    promotions: dict[PromotionId, list[Promotion]] = field(default_factory=dict)
    granted: dict[tuple[PromotionId, WalletId], Granted] = field(default_factory=dict)
    granted_minor: dict[PromotionId, int] = field(default_factory=dict)
    points_rules: list[PointsRule] = field(default_factory=list)
    fees: dict[FeeId, list[TopUpFee]] = field(default_factory=dict)
