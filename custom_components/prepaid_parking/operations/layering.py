"""A wallet's top-ups as layers: what of its money may leave it, and what a leaving takes along."""

from dataclasses import dataclass

from ..core.chart import Bucket, SiteAccount, site_account, wallet_account
from ..core.errors import CoreError
from ..core.layers import (
    FeeReturn,
    Layer,
    Layers,
    Leaving,
    leave,
    refundable,
    spent_down,
    started,
)
from ..core.ledger import AccountId, Floor, Posting, Record
from ..core.points import Lot, Lots, take_back
from .buckets import owed_minor
from .site import Site
from .wallet_run import WalletRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Layered:
    """What changes of a wallet's layers and points in an act, and is taken over when it is written."""

    layers: tuple[Layer, ...]
    lots: tuple[Lot, ...]

    def puts(self, run: WalletRun) -> tuple[Record, ...]:
        """Return what is to be written of it."""
        wallet, found = run.wallet.id, list[Record]()
        if self.layers != run.layers:
            found.append(Layers(wallet=wallet, layers=self.layers))
        if self.lots != run.lots:
            found.append(Lots(wallet=wallet, lots=self.lots))
        return tuple(found)

    def taken_over(self, run: WalletRun) -> None:
        """Keep in mind what was written."""
        run.layers, run.lots = self.layers, self.lots


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Cash on its way out of a wallet: the movements, what must be left, and what goes along.

    `fees` are those that are given back where the cash is paid out.
    """

    postings: tuple[Posting, ...]
    floors: tuple[Floor, ...]
    layered: Layered
    bonus_minor: int
    points: int
    fees: tuple[FeeReturn, ...] = ()

    @property
    def detail(self) -> dict[str, object]:
        """Return what of it the entry names."""
        told = {"bonus_taken_back": self.bonus_minor, "points_taken_back": self.points}
        return {name: much for name, much in told.items() if much}


def total_minor(run: WalletRun) -> int:
    """Return the money that the layers stand for: also what is held, less what is used already."""
    return run.available_minor + run.others.get(Bucket.HELD, 0)


def layers_now(run: WalletRun) -> tuple[Layer, ...]:
    """Return a wallet's layers as far as they are not spent; none where none are kept."""
    return spent_down(run.layers, total_minor(run)) if run.layers else ()


def layered(run: WalletRun, new: Layer, after_minor: int) -> tuple[Layer, ...]:
    """Return the layers after something came in that is more than cash, or comes onto what is kept."""
    before = layers_now(run)
    if not before:
        cash, bonus = max(0, total_minor(run) - run.bonus_minor), max(0, run.bonus_minor)
        before = started(cash, bonus, run.wallet.spending)
    return lean(spent_down((*before, new), after_minor), run.bonus_minor + new.bonus_minor)


def lean(layers: tuple[Layer, ...], bonus_minor: int) -> tuple[Layer, ...]:
    """Return layers worth keeping: none, where nothing but cash is left in them.

    While a wallet holds a bonus they are kept: by the rule of its top-up it may stand for cash.
    """
    return layers if bonus_minor > 0 or any(_is_more_than_cash(one) for one in layers) else ()


def refundable_minor(run: WalletRun) -> int:
    """Return the cash that may leave a wallet now: paid in, not spent, not held and not owed."""
    cash = min(run.posted_minor, run.available_minor)
    layers = layers_now(run)
    if layers:
        cash = min(run.available_minor, refundable(layers, run.wallet.spending))
    return max(0, cash - owed_minor(run))


def drawn(run: WalletRun, amount_minor: int, target: AccountId) -> Drawn:
    """Draw up cash that leaves a wallet, with the bonus and the points that its rules take back.

    A bonus that was spent while its rule says that cash was is made up from the cash, and the other
    way round: what the rule says was spent is what is gone.
    """
    layers, no = layers_now(run), run.wallet.no
    cash, bonus = wallet_account(no), wallet_account(no, Bucket.BONUS)
    gone = Leaving(cash_minor=amount_minor, bonus_minor=0, points=0, layers=())
    if layers:
        gone = leave(layers, amount_minor, run.wallet.spending)
    points, lots = take_back(run.lots, gone.points)
    from_bonus = min(gone.bonus_minor, max(0, run.bonus_minor))
    from_cash = gone.bonus_minor - from_bonus
    swap = 0
    if layers:
        swap = max(0, amount_minor + from_cash - max(0, run.posted_minor))
    promotion = site_account(SiteAccount.PROMOTION)
    legs = (
        (bonus, cash, swap),
        (cash, target, amount_minor),
        (bonus, promotion, from_bonus),
        (cash, promotion, from_cash),
        (wallet_account(no, Bucket.POINTS), site_account(SiteAccount.POINTS), points),
    )
    bonus_left = max(0, run.bonus_minor - swap - from_bonus)
    least = owed_minor(run) + max(0, run.unposted_minor - bonus_left)
    return Drawn(
        postings=tuple(
            Posting(source=out_of, target=into, amount_minor=part)
            for out_of, into, part in legs
            if part
        ),
        floors=(
            Floor(account=bonus, minimum_minor=0),
            Floor(account=cash, minimum_minor=least),
        ),
        layered=Layered(layers=lean(gone.layers, bonus_left), lots=lots),
        bonus_minor=gone.bonus_minor,
        points=points,
        fees=gone.fees,
    )


def may_leave(site: Site, run: WalletRun, amount_minor: int) -> CoreError | None:
    """Refuse an amount that is more than may leave a wallet that lives on more than cash, or owes."""
    most = refundable_minor(run)
    if amount_minor <= most or not (run.layers or owed_minor(run)):
        return None  # Without a rule it is the books that judge.
    return CoreError(
        "more_than_refundable",
        refundable=site.currency.text(most),
        owed=site.currency.text(owed_minor(run)),
    )


def _is_more_than_cash(layer: Layer) -> bool:
    return bool(layer.bonus_minor or layer.points or layer.fee_minor or layer.tax_minor)
