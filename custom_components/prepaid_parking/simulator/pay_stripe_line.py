"""How a pretended Stripe is asked and answers: by its key, once under one key, in pages, in its words."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
import json
from typing import Final

from aiohttp import web

from .pay_books import RefusedError
from .pay_stripe_told import Node

_REFUSALS: Final = {
    "card_declined": (402, "card_declined"),
    "authentication_required": (402, "authentication_required"),
    "missing": (404, "resource_missing"),
    "too_much": (400, "charge_already_refunded"),
}
REQUEST_ERROR: Final = "invalid_request_error"

type Form = Mapping[str, str]
type Act = Callable[[Form], Awaitable[Node]]


async def form_of(request: web.Request, key: str) -> Form:
    """Return what was sent, by whoever has the key."""
    if request.headers.get("Authorization") != f"Bearer {key}":
        raise refused(401, "", "Invalid API Key provided: sk_test_****")
    return {name: str(value) for name, value in (await request.post()).items()}


class Answers:
    """What was answered to requests with a key of their own; so they can be sent again."""

    def __init__(self) -> None:
        """Begin without any."""
        self._answers: dict[str, tuple[str, web.Response]] = {}

    def forget(self) -> None:
        """Do what it does after a day: a request under an old key is a new request."""
        self._answers.clear()

    async def once(self, request: web.Request, form: Form, act: Act) -> web.Response:
        """Answer a request under its key as the first time, if it is the same request."""
        key, asked = (
            request.headers.get("Idempotency-Key", ""),
            f"{request.path} {sorted(form.items())}",
        )
        if key in self._answers:
            before, answer = self._answers[key]
            if before != asked:
                raise refused(400, "", "Keys for idempotent requests …", "idempotency_error")
            return web.Response(
                body=answer.body, status=answer.status, content_type="application/json"
            )
        try:
            answer = web.json_response(await act(form))
        except RefusedError as err:
            status, code = _REFUSALS.get(err.code, (400, err.code))
            kind = "card_error" if status == web.HTTPPaymentRequired.status_code else REQUEST_ERROR
            raise refused(status, code, err.code, kind) from err
        if key:
            self._answers[key] = (asked, answer)
        return answer


def listed(rows: Sequence[Node], request: web.Request) -> web.Response:
    """Answer with a page of rows, as far as was asked for."""
    limit, after = int(request.query.get("limit", "10")), request.query.get("starting_after")
    begin = next((no + 1 for no, row in enumerate(rows) if row["id"] == after), 0)
    page = rows[begin : begin + limit]
    more = begin + limit < len(rows)
    return web.json_response(
        {"object": "list", "url": request.path, "has_more": more, "data": page}
    )


def refused(status: int, code: str, message: str, kind: str = REQUEST_ERROR) -> web.HTTPException:
    """Return a refusal in the words of the interface."""
    error = {"type": kind, "message": message} | ({"code": code} if code else {})
    refusal = {
        400: web.HTTPBadRequest,
        401: web.HTTPUnauthorized,
        402: web.HTTPPaymentRequired,
        404: web.HTTPNotFound,
    }[status]
    return refusal(text=json.dumps({"error": error}), content_type="application/json")
