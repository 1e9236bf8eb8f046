"""Repairs of meters that do not fit: they stand until it fits again, or until somebody ignores them."""

from collections import defaultdict
from typing import Final, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .coordinator import PrepaidConfigEntry
from .core.tamper import Hint, HintKind
from .operations.facts import Fact, Hinted, HintEnded
from .operations.loss_views import hint_numbers
from .standing_repairs import Issue, StandingRepairs

FEW: Final = 5
"""Up to this many hints of a kind are repairs of their own: more have one cause."""


@callback
def async_watch_hints(hass: HomeAssistant, entry: PrepaidConfigEntry) -> CALLBACK_TYPE:
    """Keep the repairs true to what does not fit; returns how to stop that."""
    return HintRepairs(hass, entry).start()


class HintRepairs(StandingRepairs):
    """The hints of one site."""

    @override
    def concerns(self, fact: Fact) -> bool:
        return isinstance(fact, Hinted | HintEnded)

    @override
    def standing(self) -> dict[str, Issue]:
        groups: dict[HintKind, list[Hint]] = defaultdict(list)
        for hint in self.site.hinting.hints.values():
            groups[hint.kind].append(hint)
        standing: dict[str, Issue] = {}
        for kind, hints in groups.items():
            if len(hints) > FEW:
                standing[f"hint_{self.entry.entry_id}_{kind}"] = self._many(kind, hints)
                continue
            for hint in hints:
                standing[f"hint_{self.entry.entry_id}_{hint.meter}_{kind}"] = self._one(hint)
        return standing

    def _one(self, hint: Hint) -> Issue:
        meter = self.site.meters[hint.meter].meter
        found, expected, unit = hint_numbers(hint, meter.quantity)
        words = {
            "meter": meter.name,
            "found": f"{found} {unit}".strip(),
            "expected": f"{expected} {unit}".strip(),
            "since": hint.since.astimezone(self.site.zone).strftime("%Y-%m-%d %H:%M"),
        }
        return _warning(f"hint_{hint.kind}", words)

    def _many(self, kind: HintKind, hints: list[Hint]) -> Issue:
        names = [self.site.meters[hint.meter].meter.name for hint in hints]
        words = {"count": str(len(names)), "meters": ", ".join(names[:FEW])}
        return _warning(f"hints_{kind}", words)


def _warning(key: str, words: dict[str, str]) -> Issue:
    return Issue(key=key, words=words, severity=ir.IssueSeverity.WARNING)
