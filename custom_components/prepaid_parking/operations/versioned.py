"""Rules that are set as new versions: what is not named stays as it was, and the older ones stay."""

from collections.abc import Mapping
from dataclasses import Field, fields, replace
from datetime import datetime
from typing import Any, ClassVar, Final, Protocol

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act

FIXED: Final = frozenset({"id", "version", "valid_from"})
"""What a rule is known by: nobody changes it."""


class Rule(Protocol):
    """A record of a rule that has versions."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def version(self) -> int:
        """Its number, from 1 on; 0 is what the first one begins with."""


def next_version[R: Rule](last: R, changes: Mapping[str, object], now: datetime) -> R:
    """Return the version that follows one; a field that no rule of the kind has is refused."""
    unknown = set(changes) - ({field.name for field in fields(last)} - FIXED)
    if unknown:
        raise CoreError("unknown_field", field=", ".join(sorted(unknown)))
    known: dict[str, Any] = dict(changes)
    return replace(last, version=last.version + 1, valid_from=now, **known)


def setting_act(
    kind: EntryKind,
    name: str,
    written: Rule,
    *,
    at: datetime,
    actor: Actor,
    reason: str,
    changes: Mapping[str, object],
    of: Mapping[str, object] | None = None,
) -> Act:
    """Return the act that sets a version: `name` is what is numbered, `of` what the entry says it is of."""
    return Act(
        kind=kind,
        event=f"{name}/{written.version}",
        occurred=at,
        actor=actor,
        reason=reason,
        detail={**(of or {}), "changes": {name: str(new) for name, new in changes.items()}},
        puts=(written,),
    )
