"""Actions about parking spaces: one by one, from a list and as a list."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.errors import CoreError
from ..core.identity import UnitId
from ..core.ledger import Receipt
from ..core.periods import IN_MONTHS, Every
from ..core.space import Grade, Location, Space, Tenure
from ..core.space_lists import COLUMNS, write_list
from ..core.tables import Row, read_rows
from ..core.unit import parse_area
from ..errors import in_words
from ..operations import spaces
from ..operations.gently import gently
from ..operations.space_billing import space_unpaid
from ..operations.space_lists import SpaceLine, lines_of, listed
from ..operations.space_views import space_view, whole_view
from .call import (
    DAY,
    MAYBE_REASON,
    PAGED,
    REFERENCE,
    Action,
    Call,
    Fields,
    Response,
    page,
)

EVERY: Final = vol.All(vol.Coerce(Every), vol.In(list(IN_MONTHS)))
SPACE: Final[Fields] = {vol.Required("space"): cv.string}
SAID: Final = ("name", "location", "tenure", "grade", "capacity", "zone", "use", "every", "day")
"""Fields that are taken as they are."""
ASKED: Final = ("location", "tenure", "grade", "zone", "use", "every")
"""What a list of spaces may be narrowed by."""


async def add_space(call: Call) -> Response:
    """Register a space."""
    return await _set(call, "")


async def set_space(call: Call) -> Response:
    """Change a space; what is not named stays as it is."""
    return await _set(call, find(call).id)


async def remove_space(call: Call) -> Response:
    """Let a space be no more."""
    reference, space = call.reference(), find(call)
    receipt = await spaces.remove_space(
        call.site,
        space=space.id,
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return _answer(call, receipt, reference, space.id)


async def get_space(call: Call) -> Response:
    """Describe a space with what hangs on it."""
    return whole_view(call.site, find(call))


async def list_spaces(call: Call) -> Response:
    """List spaces, filtered and in pages."""
    data, site = call.data, call.site
    name, unpaid = call.text("name").casefold(), data.get("unpaid")
    wanted = {part: data[part] for part in ASKED if part in data}
    if call.text("owner"):
        wanted["wallet"] = call.wallet(call.text("owner")).wallet.id
    if call.text("unit"):
        wanted["unit"] = call.unit().id
    found = [
        space
        async for space in gently(list(site.parking.spaces.values()))
        if (data["closed"] or space.closed_at is None)
        and name in space.name.casefold()
        and all(getattr(space, part) == value for part, value in wanted.items())
        and (unpaid is None or space_unpaid(site, space) is unpaid)
    ]
    shown = page(call, found, lambda space: space.id)
    return {"spaces": [space_view(site, space) for space in shown], "count": len(found)}


async def import_spaces(call: Call) -> Response:
    """Register or change many spaces from a list: all of them or none."""
    reference = call.reference()
    lines = await lines_of(call.site, _rows(call))
    refused = [line for line in lines if line.draft is None]
    drafts = [line.draft for line in lines if line.draft is not None]
    told = [draft for draft in drafts if draft.changes or not draft.space]
    answer: Response = {
        "dry_run": call.data["dry_run"],
        "new": sum(not draft.space for draft in told),
        "changed": sum(bool(draft.space) for draft in told),
        "unchanged": len(drafts) - len(told),
        "refused": len(refused),
        "problems": [_problem(line) for line in refused],
    }
    if call.data["dry_run"]:
        return answer
    if refused:
        first = _problem(refused[0])
        raise CoreError(
            "list_line_refused",
            line=first["line"],
            name=first["name"],
            problem=first["problem"],
            count=len(refused),
        )
    if not told:
        return answer
    receipt = await spaces.import_spaces(
        call.site, drafts=told, reason=call.text("reason"), reference=reference, actor=call.actor
    )
    return call.receipt(receipt, reference) | answer


async def export_spaces(call: Call) -> Response:
    """Write all spaces as a table that can be edited and imported again."""
    language = call.text("language") or call.hass.config.language
    written = listed(call.site)
    chinese = language.lower().startswith("zh")
    return {"csv": write_list(written, chinese=chinese), "count": len(written)}


def find(call: Call) -> Space:
    """Return the space that is meant, by its id or by its name."""
    asked, known = call.text("space"), call.site.parking.spaces
    named = (one for one in known.values() if one.name == asked and one.closed_at is None)
    return next(named, None) or spaces.find_space(call.site, asked.lower())


async def _set(call: Call, space: str) -> Response:
    reference = call.reference()
    receipt = await spaces.set_space(
        call.site,
        draft=spaces.SpaceDraft(space=space, changes=_changes(call), since=call.data.get("since")),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    written = receipt.detail["spaces"]
    assert isinstance(written, list)
    return _answer(call, receipt, reference, str(written[0]))


def _changes(call: Call) -> dict[str, object]:
    """Return the fields that are said; an owner or a unit that is empty is taken off."""
    data = call.data
    changes: dict[str, object] = {name: data[name] for name in SAID if name in data}
    if "new_name" in data:
        changes["name"] = data["new_name"]
    if "area" in data:
        changes["area_cm2"] = parse_area(str(data["area"]))
    if "owner" in data:
        owner = call.text("owner")
        changes["wallet"] = call.wallet(owner).wallet.id if owner else ""
    if "unit" in data:
        changes["unit"] = call.unit().id if call.text("unit") else UnitId("")
    if "exposed" in data:
        changes["exposed"] = data["exposed"]
    return changes


def _answer(call: Call, receipt: Receipt, reference: str, space: str) -> Response:
    view = space_view(call.site, spaces.find_space(call.site, space))
    return call.receipt(receipt, reference) | view


def _rows(call: Call) -> list[Row]:
    if "spaces" not in call.data:
        return read_rows(call.text("csv"), COLUMNS)
    given: list[Mapping[str, Any]] = call.data["spaces"]
    unknown = sorted({name for row in given for name in row} - COLUMNS.keys())
    if unknown:
        raise CoreError(
            "list_unknown_columns",
            columns=", ".join(unknown),
            known=", ".join(sorted(set(COLUMNS.values()))),
        )
    return [
        Row(line=number, cells={COLUMNS[name]: str(value) for name, value in row.items()})
        for number, row in enumerate(given, 1)
    ]


def _problem(line: SpaceLine) -> Response:
    assert line.refusal is not None
    return {"line": line.line, "name": line.name, "problem": in_words(line.refusal)}


WRITTEN: Final[Fields] = {
    vol.Optional("grade"): vol.Coerce(Grade),
    vol.Optional("capacity"): vol.All(vol.Coerce(int), vol.Range(1, 1_000)),
    vol.Optional("zone"): cv.string,
    vol.Optional("use"): cv.string,
    vol.Optional("area"): cv.string,
    vol.Optional("unit"): vol.Maybe(cv.string),
    vol.Optional("owner"): vol.Maybe(cv.string),
    vol.Optional("every"): EVERY,
    vol.Optional("day"): vol.All(vol.Coerce(int), vol.Range(1, 31)),
    vol.Optional("since"): DAY,
    vol.Optional("exposed"): cv.boolean,
    **MAYBE_REASON,
    **REFERENCE,
}
ACTIONS: Final = (
    Action(
        "add_space",
        add_space,
        {
            vol.Required("name"): vol.All(cv.string, vol.Length(min=1)),
            vol.Required("location"): vol.Coerce(Location),
            vol.Required("tenure"): vol.Coerce(Tenure),
            **WRITTEN,
        },
    ),
    Action(
        "set_space",
        set_space,
        {
            **SPACE,
            vol.Optional("new_name"): vol.All(cv.string, vol.Length(min=1)),
            vol.Optional("location"): vol.Coerce(Location),
            vol.Optional("tenure"): vol.Coerce(Tenure),
            **WRITTEN,
        },
    ),
    Action("remove_space", remove_space, {**SPACE, **MAYBE_REASON, **REFERENCE}),
    Action("get_space", get_space, SPACE),
    Action(
        "list_spaces",
        list_spaces,
        {
            vol.Optional("name"): cv.string,
            vol.Optional("location"): vol.Coerce(Location),
            vol.Optional("tenure"): vol.Coerce(Tenure),
            vol.Optional("grade"): vol.Coerce(Grade),
            vol.Optional("zone"): cv.string,
            vol.Optional("use"): cv.string,
            vol.Optional("every"): EVERY,
            vol.Optional("owner"): cv.string,
            vol.Optional("unit"): cv.string,
            vol.Optional("unpaid"): cv.boolean,
            vol.Optional("closed", default=False): cv.boolean,
            **PAGED,
        },
    ),
    Action(
        "import_spaces",
        import_spaces,
        {
            vol.Exclusive("csv", "list"): cv.string,
            vol.Exclusive("spaces", "list"): [{cv.string: cv.string}],
            vol.Optional("dry_run", default=False): cv.boolean,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action("export_spaces", export_spaces, {vol.Optional("language"): cv.string}),
)
