"""Repairs: what a person has to decide or mend, with the means to do it on the spot.

Doubts, relays that do not obey, and books that cannot be written. More than a few doubts of one kind
on one line have one cause, and are one repair.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from homeassistant.components.repairs import RepairsFlow
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import CONF_LINE_ID, CONF_METER, DOMAIN, SUBENTRY_METER
from .coordinator import PrepaidConfigEntry
from .core.identity import MeterId, WalletId
from .core.metering import UNIT, OpenDoubt, Quantity
from .core.money import quantity_text
from .core.proof import Unproven
from .errors import in_words
from .operations.facts import (
    BooksTrouble,
    Doubted,
    DoubtEnded,
    Fact,
    Proved,
    StepRefused,
    SupplyTrouble,
)
from .operations.proving import problem_of
from .repair_flows import BooksFlow, DoubtFlow, FaultFlow, OverloadFlow
from .standing_repairs import Issue, show_issue

FEW: Final = 5
"""Up to this many doubts of a kind on a line are repairs of their own."""
BOOKS: Final[Mapping[str, str]] = {
    "disk_full": "books_disk_full",
    "read_only": "books_read_only",
    **dict.fromkeys(("rolled_back", "other_history", "missing"), "books_rolled_back"),
    **dict.fromkeys(
        (
            "corrupt",
            "key_differs",
            "key_missing",
            "not_a_ledger",
            "newer_schema",
            "other_site",
            "other_currency",
        ),
        "books_unreadable",
    ),
}
"""Troubles of the books by what a person can do about them; all others are `books_failed`."""
ROLLED_BACK: Final = "books_rolled_back"
FLOWS: Final[Mapping[str, type[RepairsFlow]]] = {
    "doubt": DoubtFlow,
    "fault": FaultFlow,
    "books": BooksFlow,
    "overload": OverloadFlow,
}


async def async_create_fix_flow(
    hass: HomeAssistant,  # noqa: ARG001
    issue_id: str,
    data: dict[str, str | int | float | None] | None,  # noqa: ARG001
) -> RepairsFlow:
    """Return the flow that mends an issue; its id begins with its kind."""
    return FLOWS[issue_id.partition("_")[0]]()


@callback
def async_watch_site(hass: HomeAssistant, entry: PrepaidConfigEntry) -> CALLBACK_TYPE:
    """Keep a site's repairs true to what is wrong with it; returns how to stop that."""
    return SiteRepairs(hass, entry).start()


class SiteRepairs:
    """The repairs of one site."""

    def __init__(self, hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
        """Begin with none."""
        self._hass = hass
        self._entry = entry
        self._site = entry.runtime_data.site
        self._doubts: set[str] = set()
        self._faults: set[str] = set()
        self._refusals: set[str] = set()
        self._books = ""
        self._looking = False

    @callback
    def start(self) -> CALLBACK_TYPE:
        """Show what is wrong already, and follow the facts."""
        self._show_doubts()
        books = self._entry.runtime_data.books
        self._show_books(self._site.trouble or books.problem, books.detail)
        self._show_proof()
        for (step, what), why in self._site.refusals.items():
            self._show_refusal(StepRefused(step=step, what=what, why=why))
        unlisten = self._entry.runtime_data.coordinator.listen(self._async_heard)

        @callback
        def async_stop() -> None:
            unlisten()
            proof = f"proof_{self._entry.entry_id}"
            for issue_id in (*self._doubts, *self._faults, *self._refusals, self._books, proof):
                self._drop(issue_id)

        return async_stop

    @callback
    def _async_heard(self, fact: Fact) -> None:
        match fact:
            case Doubted() | DoubtEnded():
                self._look_soon()
            case SupplyTrouble():
                self._show_fault(fact)
            case BooksTrouble():
                self._show_books(fact.key, fact.detail)
            case Proved():
                self._show_proof()
            case StepRefused():
                self._show_refusal(fact)

    def _look_soon(self) -> None:
        """Look at all doubts once, however many came in one go."""
        if not self._looking:
            self._looking = True
            self._hass.loop.call_soon(self._show_doubts)

    @callback
    def _show_doubts(self) -> None:
        self._looking = False
        groups: dict[tuple[str, str], list[OpenDoubt]] = defaultdict(list)
        lines = self._lines()
        for doubt in self._site.doubts.values():
            groups[lines.get(doubt.meter, ""), doubt.kind].append(doubt)
        wanted: set[str] = set()
        for (line, kind), doubts in groups.items():
            if len(doubts) > FEW:
                wanted.add(self._show_many(line, kind, doubts))
            else:
                wanted.update(self._show_doubt(doubt) for doubt in doubts)
        for issue_id in self._doubts - wanted:
            self._drop(issue_id)
        self._doubts = wanted

    def _show_doubt(self, doubt: OpenDoubt) -> str:
        meter = self._site.meters[doubt.meter].meter
        issue_id = f"doubt_{self._entry.entry_id}_{doubt.id}"
        if issue_id not in self._doubts:
            self._raise(
                issue_id,
                f"doubt_{doubt.kind}",
                {
                    "meter": meter.name,
                    "register": counted(doubt.register, meter.quantity),
                    "charged_to": counted(doubt.cursor_register, meter.quantity),
                    "expected": doubt.expected,
                    "found": doubt.found,
                },
                {"doubts": doubt.id, "kind": doubt.kind},
            )
        return issue_id

    def _show_many(self, line: str, kind: str, doubts: list[OpenDoubt]) -> str:
        subentry = self._entry.subentries.get(line)
        issue_id = f"doubt_{self._entry.entry_id}_{line}_{kind}"
        names = [self._site.meters[doubt.meter].meter.name for doubt in doubts]
        self._raise(
            issue_id,
            f"doubts_{kind}",
            {
                "count": str(len(doubts)),
                "line": subentry.title if subentry is not None else self._site.name,
                "meters": ", ".join(names[:FEW]),
            },
            {"doubts": ",".join(doubt.id for doubt in doubts), "kind": kind},
        )
        return issue_id

    def _lines(self) -> dict[str, str]:
        return {
            str(subentry.data.get(CONF_METER)): str(subentry.data.get(CONF_LINE_ID) or "")
            for subentry in self._entry.get_subentries_of_type(SUBENTRY_METER)
        }

    def _show_fault(self, fact: SupplyTrouble) -> None:
        issue_id = f"fault_{self._entry.entry_id}_{fact.meter}"
        if not fact.fault:
            self._faults.discard(issue_id)
            self._drop(issue_id)
            return
        self._faults.add(issue_id)
        self._raise(
            issue_id,
            "fault_restore" if fact.wanted else "fault_cut",
            {"meter": self._site.meters[fact.meter].meter.name},
            {"meter": fact.meter},
        )

    def _show_books(self, key: str, detail: str) -> None:
        issue_id = f"books_{self._entry.entry_id}"
        if not key:
            if self._books:
                self._drop(issue_id)
            self._books = ""
            return
        self._books = issue_id
        named = BOOKS.get(key, "books_failed")
        self._raise(
            issue_id,
            named,
            {"site": self._site.name, "problem": key, "detail": detail or key},
            {},
            fixable=named == ROLLED_BACK,
        )

    def _show_proof(self) -> None:
        """Say that customers' money is missing on the account, or that the books contradict themselves."""
        site, issue_id = self._site, f"proof_{self._entry.entry_id}"
        problem = problem_of(site)
        if problem is None:
            self._drop(issue_id)
            return
        audited, money = site.audited, site.currency.text
        missing = (audited.difference_minor or 0) if audited is not None else 0
        named = "proof_short" if problem is Unproven.SHORT else "proof_failed"
        self._raise(
            issue_id,
            named,
            {"site": site.name, "problem": str(problem), "missing": money(-missing)},
            {},
            fixable=False,
        )

    def _show_refusal(self, fact: StepRefused) -> None:
        """Say what the site could not do by itself, and what has to be put right first."""
        site, issue_id = self._site, f"refused_{self._entry.entry_id}_{fact.step}_{fact.what}"
        if fact.why is None:
            self._refusals.discard(issue_id)
            self._drop(issue_id)
            return
        self._refusals.add(issue_id)
        run, wallet = site.meters.get(MeterId(fact.what)), site.wallets.get(WalletId(fact.what))
        what = run.meter.name if run is not None else wallet.wallet.unit if wallet else site.name
        self._raise(
            issue_id,
            "step_refused",
            {"what": what, "step": fact.step, "refusal": in_words(fact.why)},
            {},
            fixable=False,
        )

    def _raise(
        self,
        issue_id: str,
        key: str,
        placeholders: dict[str, str],
        data: Mapping[str, str],
        *,
        fixable: bool = True,
    ) -> None:
        issue = Issue(key=key, words=placeholders, data=data, fixable=fixable)
        show_issue(self._hass, self._entry, issue_id, issue)

    def _drop(self, issue_id: str) -> None:
        if issue_id:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)


def counted(register: int, quantity: Quantity) -> str:
    """Write a register with its unit."""
    return f"{quantity_text(register, quantity)} {UNIT[quantity]}"
