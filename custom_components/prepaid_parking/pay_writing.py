"""How a page of a payer's visit is written: with what every one of them has, in the payer's language."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Any

from .core.stay import Stay
from .operations.pay_tokens import NAMES
from .operations.pay_visit_book import PayVisit
from .operations.pay_visits import channels
from .operations.site import Site
from .operations.stay_cost import leave_by
from .printing import FOLDER, filled, worded
from .wording import Words

type Page = Callable[[Words], str]
type Known = dict[str, Any]


@cache
def style() -> str:
    """Return the style of the pages; reading it blocks."""
    return (FOLDER / "pay.css").read_text(encoding="utf-8")


@cache
def script() -> str:
    """Return the script of the page that calls the app it is in; reading it blocks."""
    return (FOLDER / "pay_inside.js").read_text(encoding="utf-8")


class May(StrEnum):
    """What a page may do beside being read and sending its forms."""

    NOTHING = ""
    CALL = "allow-scripts "
    """Its one script calls the app it is in."""
    SAY_WHERE = "allow-same-origin "
    """Its link says from which address a payer comes. WeChat opens its page for phone browsers only to
    who comes from its merchant's (`Referer`), and no browser says so for a page with an origin of its own:
    in Chromium neither a link nor `Refresh` did, under any policy of referrers. It is the least that works:
    only a script could use the hub's origin, and this page runs none, by its sandbox and by its policy.
    The page asks for it itself: the hub's server writes its own word on that into every header."""


def policy(may: May) -> str:
    """Return what keeps a page from the hub: its own style and forms, and what it `may`.

    It never runs a script and is the hub's own at once: it could read what its visitor's browser has of it.
    """
    scripts = f"script-src {_known_by(script())}; " if may is May.CALL else ""
    return (
        f"sandbox allow-forms {may}allow-top-navigation-by-user-activation; "
        f"default-src 'none'; {scripts}style-src {_known_by(style())}; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@cache
def _known_by(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


def gone(what: str) -> Page:
    """Return a page that says nothing about any site: gone, busy, later, malformed."""
    return lambda words: worded("pay_gone.html", words, what=what, css=style())


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMaker:
    """Writes the pages of one visit."""

    site: Site
    visit: PayVisit
    path: str
    problem: str

    def write(self, template: str, **known: Any) -> Page:
        """Fill in a template with what every page of a visit has, and with what this one knows."""
        site, visit, problem = self.site, self.visit, self.problem
        name = NAMES.get(visit.kind)
        everywhere: Known = {
            "path": self.path,
            "form": visit.form,
            "channels": channels(site),
            "place": name(site, visit.target) if name is not None else "",
        }

        def page(words: Words) -> str:
            return filled(
                template,
                site,
                words,
                css=style(),
                other=words("pay.other_language_code"),
                hint=words("pay.desk") if site.can_pay else "",
                problem=words(f"pay.problem.{problem}") if problem else "",
                **everywhere,
                **{key: one(words) if callable(one) else one for key, one in known.items()},
            )

        return page

    def at(self, at: datetime | None) -> str:
        """Write an instant as the site's clock shows it."""
        return "" if at is None else self.site.on_the_wall(at)

    def leave_by(self, stay: Stay) -> str:
        """Write until when a car that has paid may leave; "" where that is over, or nothing is said."""
        until = None if stay.state.over else leave_by(self.site, stay)
        return self.at(until) if until is not None and self.site.clock() < until else ""
