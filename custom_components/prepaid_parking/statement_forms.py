"""A statement to take away: a table for spreadsheets, a page to print, in the reader's language."""

import csv
from datetime import datetime
import io

from .core.chart import Bucket
from .core.identity import MeterId
from .core.metering import UNIT, Quantity
from .core.money import price_text, quantity_said
from .explaining import Explainer
from .operations.reports import held_text
from .operations.site import Site
from .operations.statement import Line, Statement
from .printing import cell, filled
from .statement_rows import rows_of, with_balances
from .wording import Words


def statement_csv(site: Site, made: Statement, words: Words) -> str:
    """Write a statement as a table: a row per movement, with the balance after it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        words(f"statement.{name}")
        for name in (
            "entry", "when", "what", "meter", "why", "cash", "bonus", "amount", "balance",
        )
    )  # fmt: skip
    money, explain = site.currency.text, Explainer(words, site.currency).line
    for line, balance in with_balances(made):
        writer.writerow(
            (
                line.entry.id,
                local(site, line.entry.occurred),
                cell(
                    " · ".join(filter(None, (words(f"kind.{line.entry.kind}"), line.entry.reason)))
                ),
                cell(meter_name(site, line)),
                cell(explain(line)),
                money(line.cash_minor),
                money(line.bonus_minor),
                money(line.amount_minor),
                money(balance),
            )
        )
    return out.getvalue()


def statement_page(site: Site, made: Statement, words: Words) -> str:
    """Write a statement as a page."""
    bonus = made.money[Bucket.BONUS]

    def amount(quantity: int, measure: Quantity) -> str:
        return f"{quantity_said(quantity, measure)} {UNIT[measure]}"

    return filled(
        "statement.html",
        site,
        words,
        made=made,
        explain=Explainer(words, site.currency).line,
        price=price_text,
        amount=amount,
        kept=lambda bucket, held: held_text(site, bucket, held),
        day=lambda at: f"{at.astimezone(site.zone):%Y-%m-%d %H:%M}",
        moment=lambda at: local(site, at),
        bonus=any((bonus.opening, bonus.received, bonus.spent)),
        names={line.meter: meter_name(site, line) for line in made.lines},
        time=lambda at: f"{at.astimezone(site.zone):%H:%M}",
        rows=rows_of(made, site.zone),
    )


def local(site: Site, at: datetime) -> str:
    """Write an instant as the site's clock showed it."""
    return f"{at.astimezone(site.zone):%Y-%m-%d %H:%M:%S}"


def meter_name(site: Site, line: Line) -> str:
    """Return what a movement's meter is called; its id where the site knows it no longer.

    A meter with a keypad is named by the entry, also after it was closed.
    """
    run = site.meters.get(MeterId(line.meter))
    return run.meter.name if run is not None else str(line.entry.detail.get("name", line.meter))
