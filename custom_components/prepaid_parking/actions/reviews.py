"""Actions about what cannot be right: the list of reviews, and what a person decides."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.review import Review, Verdict
from ..operations.plates import whole_plate
from ..operations.review_verdicts import Correction, settle_review
from ..operations.review_views import review_view
from .call import PAGED, REASON, Action, Call, Response, page


async def list_reviews(call: Call) -> Response:
    """List what waits for a person; with `settled` also what was decided."""
    known = [*call.site.parking.reviews.values()]
    if call.data["settled"]:
        known = await call.site.books.load(Review)
    known.sort(key=lambda one: one.no)
    shown = page(call, known, lambda one: one.id)
    return {"reviews": [await _view(call, one) for one in shown]}


async def review_stay(call: Call) -> Response:
    """Settle a review."""
    receipt = await settle_review(
        call.site,
        review=call.text("review"),
        verdict=call.data["verdict"],
        correction=Correction(
            stay=call.text("stay"),
            plate=call.text("plate"),
            entered_at=call.moment("entered_at"),
        ),
        left_at=call.moment("left_at"),
        amount_minor=call.maybe_money("amount"),
        reason=call.text("reason"),
        actor=call.actor,
    )
    (review,) = await call.site.books.load(Review, id=str(receipt.detail["review"]))
    return call.receipt(receipt) | await _view(call, review)


async def _view(call: Call, review: Review) -> Response:
    """Describe a review, with a link to each picture that was kept."""
    links = [call.picture_url(seen.picture) for seen in review.reads]
    view = await review_view(call.site, review)
    plates = [await whole_plate(call.site, seen.subject) for seen in review.reads]
    reads = [
        {**seen, "whole_plate": plate, "picture_url": url}
        for seen, plate, url in zip(view["reads"], plates, links, strict=True)
    ]
    return {**view, "reads": reads}


ACTIONS: Final = (
    Action(
        "list_reviews", list_reviews, {vol.Optional("settled", default=False): cv.boolean, **PAGED}
    ),
    Action(
        "review_stay",
        review_stay,
        {
            vol.Required("review"): cv.string,
            vol.Required("verdict"): vol.Coerce(Verdict),
            vol.Optional("stay"): cv.string,
            vol.Optional("plate"): cv.string,
            vol.Optional("entered_at"): cv.datetime,
            vol.Optional("left_at"): cv.datetime,
            vol.Optional("amount"): cv.string,
            **REASON,
        },
    ),
)
