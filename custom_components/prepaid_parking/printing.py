"""Pages to print: a template, filled in with the words of one language and the money of one site.

A page needs nothing else: no script, no picture, no request. Filling one in blocks (a template is read
at first): call it outside the event loop.
"""

from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from .operations.site import Site
from .wording import Words

FOLDER: Final = Path(__file__).parent / "pages"


def filled(name: str, site: Site, words: Words, **known: object) -> str:
    """Fill in a template; every page knows the site, its money, and how to say things."""
    return worded(
        name,
        words,
        site=site.name,
        currency=site.currency.code,
        money=site.currency.text,
        **known,
    )


def worded(name: str, words: Words, **known: object) -> str:
    """Fill in a template that is of no site."""
    return _template(name).render(words=words, say=words, **known)


def cell(text: str) -> str:
    """Keep a spreadsheet from taking what somebody typed for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


@cache
def _template(name: str) -> Template:
    return Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined
    ).get_template(name)
