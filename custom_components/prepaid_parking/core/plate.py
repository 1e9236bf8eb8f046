"""Plates as text: how two spellings are one, what looks like another, what a plate tells of its car.

The Chinese forms are those of GA 36-2018 and of the plates for fire and rescue; the European ones are
so many that only their common shape is asked for.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import combinations
import re
from string import ascii_uppercase, digits
from typing import Final
from unicodedata import normalize

from .errors import CoreError
from .vehicle import PlateColour, VehicleClass

PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
ENDINGS: Final = "警学挂港澳使领"
LOOK_ALIKE: Final = ("O0", "I1", "B8", "S5", "Z2")
"""The pairs that cameras mistake for each other more often than any others."""
FEWEST_SIGNS: Final = 4
"""A shorter plate is a sign away from too many others to guess at."""
MOST_SIGNS: Final = 10
"""Plates are shorter than this everywhere; a longer text is no plate, and its neighbours are many."""
MOST_MISTAKES: Final = 2
"""With three signs mistaken it is no longer the same plate."""
LONGEST_REGEX: Final = 200
LONGEST_OWN: Final = 16
"""An own pattern is tried on no longer text: a careless one doubles its work with every sign."""

_ALPHABET: Final = digits + ascii_uppercase
_TWIN: Final = {sign: pair[1 - place] for pair in LOOK_ALIKE for place, sign in enumerate(pair)}
_NONE: Final = frozenset(
    {"无", "无牌", "无牌车", "无车牌", "未识别", "未知", "NOPLATE", "UNLICENSED", "UNKNOWN", "NONE"}
)
"""What cameras write where a car has no plate or they could not read it."""
_LETTER: Final = "A-HJ-NP-Z"
_SIGN: Final = "A-HJ-NP-Z0-9"
_EMERGENCY: Final = re.compile(rf"[{PROVINCES}]([{_LETTER}O][{_SIGN}]{{4}}警|[SX][0-9]{{4}}应急)")
_ELECTRIC: Final = re.compile(
    rf"[{PROVINCES}][{_LETTER}]([A-HJK][{_SIGN}][0-9]{{4}}|[0-9]{{5}}[A-HJK])"
)
_CHINESE: Final = (
    re.compile(rf"[{PROVINCES}][{_LETTER}O][{_SIGN}]{{5}}"),
    _ELECTRIC,
    _EMERGENCY,
    re.compile(rf"[{PROVINCES}][{_LETTER}][{_SIGN}]{{4}}[学挂领]"),
    re.compile(rf"粤Z[{_SIGN}]{{4}}[港澳]"),
    re.compile(r"使[0-9]{6}|[0-9]{6}使"),
    re.compile(rf"[A-Z]{{2}}[0-9]{{5}}|WJ[{PROVINCES}]?[0-9]{{4}}[0-9A-Z]"),
)
"""Civil, new energy, police and rescue; learner, trailer, consulate; Hong Kong and Macau; embassy;
army and armed police."""
_EUROPEAN: Final = re.compile(r"(?=.*[0-9])(?=.*[A-ZÄÖÜ])[A-ZÄÖÜ0-9]{4,9}")
_COLOURS: Final = (
    (("黄绿", "yellowgreen", "yellow-green", "yellow_green"), PlateColour.YELLOW_GREEN),
    (("绿", "green"), PlateColour.GREEN),
    (("蓝", "blue"), PlateColour.BLUE),
    (("黄", "yellow"), PlateColour.YELLOW),
    (("白", "white"), PlateColour.WHITE),
    (("黑", "black"), PlateColour.BLACK),
)
_VEHICLES: Final = (
    (("摩托", "motorcycle", "motorbike"), VehicleClass.MOTORCYCLE),
    (("pickup", "truck-standard", "小型", "小车", "轿车", "sedan", "suv"), VehicleClass.CAR),
    (("大型", "大车", "大货", "大客", "truck", "bus", "lorry", "tractor", "trailer"), VehicleClass.LARGE),
    (("van", "car", "hatchback", "wagon"), VehicleClass.CAR),
)  # fmt: skip
"""In this order: a pickup truck, Rekor's "truck-standard", parks like a car, a cargo truck does not.
Chinese words say the size, not the purpose."""


class PlatePattern(StrEnum):
    """What a lane takes for a plate."""

    ANY = "any"
    CHINESE = "chinese"
    EUROPEAN = "european"
    OWN = "own"


def normal_plate(text: str) -> str:
    """Return a plate as it is compared: upper case, full-width signs plain, letters and digits only.

    Letters of every script stay: a province's sign is part of the plate.
    """
    plain = normalize("NFKC", normalize("NFKC", text).upper())
    return "".join(char for char in plain if char.isalnum())


def masked_plate(text: str) -> str:
    """Return a plate as people may see it: its first and its last two signs."""
    plate = normal_plate(text)
    if len(plate) <= 3:
        return "*" * len(plate)
    return f"{plate[0]}{'*' * (len(plate) - 3)}{plate[-2:]}"


def says_no_plate(text: str) -> bool:
    """Tell whether a camera's text says that there is no plate, rather than which."""
    return normal_plate(text) in _NONE


def confusables(plate: str) -> Iterator[str]:
    """Go through the plates that look like this one: at most two signs taken for their twins.

    The nearest first; never the plate itself. At most 55.
    """
    if not FEWEST_SIGNS <= len(plate) <= MOST_SIGNS:
        return
    places = [place for place, sign in enumerate(plate) if sign in _TWIN]
    for count in range(1, MOST_MISTAKES + 1):
        for chosen in combinations(places, count):
            yield "".join(
                _TWIN[sign] if place in chosen else sign for place, sign in enumerate(plate)
            )


def neighbours(plate: str) -> Iterator[str]:
    """Go through the plates that are one sign off: another one, one missing, one too many.

    At most 800, none twice, never the plate itself. A province's sign is only taken for another
    province's, and a special ending for another ending, as cameras do.
    """
    if not FEWEST_SIGNS <= len(plate) <= MOST_SIGNS:
        return
    for place, sign in enumerate(plate):
        head, tail = plate[:place], plate[place + 1 :]
        signs = next((some for some in (PROVINCES, ENDINGS) if sign in some), _ALPHABET)
        yield from (head + other + tail for other in signs if other != sign)
        if not head.endswith(sign):
            yield head + tail
    for place in range(len(plate) + 1):
        head, tail = plate[:place], plate[place:]
        # A sign doubled before or after its like is one plate: it is told after it only.
        yield from (head + one + tail for one in _ALPHABET if not tail.startswith(one))


def plate_filter(pattern: PlatePattern, own: str = "") -> Callable[[str], bool]:
    """Return what tells whether a text looks like a plate; `own` is the site's regular expression.

    The whole plate has to match, in the form in which plates are compared.
    """
    if pattern is PlatePattern.OWN:
        try:
            expression = re.compile(own)
        except re.error as err:
            raise CoreError("plate_pattern_invalid", detail=err) from err
        if not own or len(own) > LONGEST_REGEX:
            raise CoreError("plate_pattern_invalid", detail=f"1-{LONGEST_REGEX}")

        def fits(text: str) -> bool:
            plate = normal_plate(text)
            return len(plate) <= LONGEST_OWN and expression.fullmatch(plate) is not None

        return fits
    if pattern is PlatePattern.CHINESE:
        return is_chinese
    if pattern is PlatePattern.EUROPEAN:
        return lambda text: _EUROPEAN.fullmatch(normal_plate(text)) is not None
    return lambda text: bool(normal_plate(text))


def is_chinese(text: str) -> bool:
    """Tell whether a text has one of the forms of Chinese plates."""
    plate = normal_plate(text)
    return any(form.fullmatch(plate) for form in _CHINESE)


def plate_class(
    text: str,
    colour: PlateColour = PlateColour.UNKNOWN,
    region: str = "",
    seen: VehicleClass | None = None,
) -> VehicleClass:
    """Return the class of a car by its plate; `seen` is what the camera made of the car itself.

    Colours mean something on Chinese plates only: in other countries every car's are yellow. A
    camera's word alone makes nobody an emergency vehicle, which parks free.
    """
    plate = normal_plate(text)
    if _EMERGENCY.fullmatch(plate):
        return VehicleClass.EMERGENCY
    if is_chinese(plate) or region.lower().startswith("cn"):
        if _ELECTRIC.fullmatch(plate) or colour in (PlateColour.GREEN, PlateColour.YELLOW_GREEN):
            return VehicleClass.ELECTRIC
        if plate.endswith("挂"):
            return VehicleClass.LARGE
        # Yellow is also worn by motorcycles and by learners' cars.
        if colour is PlateColour.YELLOW and seen is None and not plate.endswith("学"):
            return VehicleClass.LARGE
    return VehicleClass.CAR if seen in (None, VehicleClass.EMERGENCY) else seen


def colour_of(word: object) -> PlateColour:
    """Return the colour of a plate from a camera's word in English or Chinese."""
    return _named(word, _COLOURS) or PlateColour.UNKNOWN


def vehicle_of(word: object) -> VehicleClass | None:
    """Return the kind of car from a camera's word, None where it says nothing of use."""
    return _named(word, _VEHICLES)


def _named[T](word: object, names: tuple[tuple[tuple[str, ...], T], ...]) -> T | None:
    if not isinstance(word, str):
        return None
    text = word.casefold()
    return next((meant for some, meant in names if any(one in text for one in some)), None)
