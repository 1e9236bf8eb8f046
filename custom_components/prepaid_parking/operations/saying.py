"""Trouble of work that nobody waits for: it is said, not raised, and is over when the work goes again."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..core.errors import CoreError, StoreError
from .site import Site


@contextmanager
def said(site: Site, step: str, what: str) -> Iterator[None]:
    """Say what keeps a step from being done: a disk is the books' trouble, a rule is none of theirs."""
    try:
        yield
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
    except CoreError as err:
        site.refused(step, what, err)
    else:
        if site.refusals:
            site.refused(step, what, None)
