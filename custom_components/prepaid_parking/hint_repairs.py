"""Repairs of meters that do not fit: they stand until it fits again, or until somebody ignores them."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .core.tamper import Hint, HintKind
from .operations.facts import Fact, Hinted, HintEnded
from .operations.loss_views import hint_numbers

FEW: Final = 5
"""Up to this many hints of a kind are repairs of their own: more have one cause."""


@callback
def async_watch_hints(hass: HomeAssistant, entry: PrepaidConfigEntry) -> CALLBACK_TYPE:
    """Keep the repairs true to what does not fit; returns how to stop that."""
    return HintRepairs(hass, entry).start()


class HintRepairs:
    """The hints of one site."""

    def __init__(self, hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
        """Begin with none."""
        self._hass = hass
        self._entry = entry
        self._site = entry.runtime_data.site
        self._shown: set[str] = set()
        self._looking = False

    @callback
    def start(self) -> CALLBACK_TYPE:
        """Show what was said already, and follow the facts."""
        self._show()
        unlisten = self._entry.runtime_data.coordinator.listen(self._async_heard)

        @callback
        def async_stop() -> None:
            unlisten()
            for issue_id in self._shown:
                ir.async_delete_issue(self._hass, DOMAIN, issue_id)

        return async_stop

    @callback
    def _async_heard(self, fact: Fact) -> None:
        if isinstance(fact, Hinted | HintEnded) and not self._looking:
            self._looking = True
            self._hass.loop.call_soon(self._show)

    @callback
    def _show(self) -> None:
        self._looking = False
        groups: dict[HintKind, list[Hint]] = defaultdict(list)
        for hint in self._site.hinting.hints.values():
            groups[hint.kind].append(hint)
        wanted: set[str] = set()
        for kind, hints in groups.items():
            if len(hints) > FEW:
                wanted.add(self._show_many(kind, hints))
            else:
                wanted.update(self._show_one(hint) for hint in hints)
        for issue_id in self._shown - wanted:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        self._shown = wanted

    def _show_one(self, hint: Hint) -> str:
        meter = self._site.meters[hint.meter].meter
        found, expected, unit = hint_numbers(hint, meter.quantity)
        issue_id = f"hint_{self._entry.entry_id}_{hint.meter}_{hint.kind}"
        self._raise(
            issue_id,
            f"hint_{hint.kind}",
            {
                "meter": meter.name,
                "found": f"{found} {unit}".strip(),
                "expected": f"{expected} {unit}".strip(),
                "since": hint.since.astimezone(self._site.zone).strftime("%Y-%m-%d %H:%M"),
            },
        )
        return issue_id

    def _show_many(self, kind: HintKind, hints: Iterable[Hint]) -> str:
        names = [self._site.meters[hint.meter].meter.name for hint in hints]
        issue_id = f"hint_{self._entry.entry_id}_{kind}"
        self._raise(
            issue_id,
            f"hints_{kind}",
            {"count": str(len(names)), "meters": ", ".join(names[:FEW])},
        )
        return issue_id

    def _raise(self, issue_id: str, key: str, placeholders: dict[str, str]) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders=placeholders,
        )
