"""A trial under way: one at a time, how far it is, and what a second one does to the first."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from ..core.errors import CoreError
from .outlook import TrialRun
from .site import Site

WHOLE: Final = 100

type Come = Callable[[int, int], None]
"""Told that it has come so far of the whole; raises where another trial has taken its place."""


@contextmanager
def on_trial(site: Site, told: Callable[[], None]) -> Iterator[Come]:
    """Take the place of a trial that is under way, which is then refused.

    `told` is called whenever it has come a percent further, and when it is over.
    """
    if site.outlook.trial is not None:
        site.outlook.trial.replaced = True
    trial = site.outlook.trial = TrialRun()

    def come(part: int, whole: int) -> None:
        if trial.replaced:
            raise CoreError("lab_replaced")
        percent = WHOLE * part // whole
        if percent > trial.percent:
            trial.percent = percent
            told()

    try:
        yield come
    finally:
        if site.outlook.trial is trial:
            site.outlook.trial = None
            told()
