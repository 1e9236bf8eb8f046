"""The payer's page is read in the sun and at night, by eyes of every age."""

from itertools import product
import re
from typing import Final

import pytest

from custom_components.prepaid_parking.pay_writing import style

LEAST: Final = 4.5
"""WCAG 2.2, level AA, for text of any size."""
ON: Final = {
    "--back": ("--ink", "--soft", "--main", "--bad"),
    "--card": ("--ink", "--soft", "--main", "--good"),
    "--main": ("--on",),
}


def schemes() -> list[dict[str, str]]:
    """The colours of the light and of the dark page."""
    found = [
        dict(re.findall(r"(--\w+): (#[0-9a-f]+)", block))
        for block in re.findall(r":root \{([^}]*)\}", style())
    ]
    assert [set(one) for one in found] == [set(found[0])] * 2
    return found


def light(colour: str) -> float:
    """How light a colour is, as WCAG reckons it."""
    digits = colour[1:] if len(colour) == 7 else "".join(one * 2 for one in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("scheme", "behind"), product((0, 1), ON))
def test_every_text_stands_out_in_both_schemes(scheme: int, behind: str) -> None:
    """An amount that cannot be read in the sun is paid twice, or not at all."""
    colours = schemes()[scheme]
    for ink in ON[behind]:
        first, second = sorted((light(colours[ink]), light(colours[behind])))
        assert (second + 0.05) / (first + 0.05) >= LEAST, (ink, behind)


def test_what_is_tapped_is_as_large_as_a_thumb() -> None:
    """With one hand, out of a car's window."""
    for what in ("button, .button", "input[type=text], select", ".choices label", "header a"):
        (rule,) = re.findall(rf"^{re.escape(what)} \{{([^}}]*)\}}", style(), re.MULTILINE)
        (height,) = re.findall(r"min-height: (\d+)px", rule)
        assert int(height) >= 44, what


def test_the_style_fetches_nothing() -> None:
    """The page asks nobody for anything."""
    assert "url(" not in style()
    assert "@import" not in style()
    assert "<" not in style()
