"""Plates: two spellings are one car, what looks alike, and what a plate tells of its car."""

from itertools import islice
from unicodedata import normalize

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.plate import (
    LOOK_ALIKE,
    MOST_SIGNS,
    PROVINCES,
    PlatePattern,
    colour_of,
    confusables,
    is_chinese,
    masked_plate,
    neighbours,
    normal_plate,
    plate_class,
    plate_filter,
    says_no_plate,
    vehicle_of,
)
from custom_components.prepaid_parking.core.vehicle import PlateColour, VehicleClass

SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PLATES = st.builds(
    lambda head, tail: head + tail,
    st.sampled_from(["", *PROVINCES]),
    st.text(SIGNS, min_size=4, max_size=8),
)


@pytest.mark.parametrize(
    ("text", "plate", "masked"),
    [
        ("b-ab 1234", "BAB1234", "B****34"),
        ("京A·12345", "京A12345", "京****45"),
        ("粤Ｂ１２３４５", "粤B12345", "粤****45"),
        ("粤Z·1234港", "粤Z1234港", "粤****4港"),
        ("m-ü 77", "MÜ77", "M*77"),
        ("AB1", "AB1", "***"),
        ("", "", ""),
    ],
)
def test_plates_are_compared_plain_and_shown_masked(text: str, plate: str, masked: str) -> None:
    """Two spellings are one car, and no list shows a whole plate."""
    assert normal_plate(text) == plate
    assert masked_plate(text) == masked


@given(st.text())
def test_a_mask_shows_three_signs_at_most(text: str) -> None:
    """Whatever a camera reads, an event names nobody."""
    assert sum(char != "*" for char in masked_plate(text)) <= 3


@given(st.text(max_size=20))
def test_a_plate_that_was_made_plain_stays_as_it_is(text: str) -> None:
    """A card is found by the plate as stored; a second look must not make another one of it."""
    plain = normal_plate(text)
    assert normal_plate(plain) == plain


@given(PLATES)
def test_full_width_signs_and_separators_make_no_other_plate(plate: str) -> None:
    """A clerk types with a Chinese keyboard what the camera reads in plain letters."""
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign.isascii() else sign for sign in plate)
    assert normalize("NFKC", wide) == plate
    assert normal_plate("·".join(wide)) == normal_plate(f" {plate.lower()} ") == plate


@pytest.mark.parametrize("text", ["_无_", "无牌车", "unknown", "No plate", "UNLICENSED"])
def test_a_camera_that_sees_no_plate_has_read_none(text: str) -> None:
    """Else every scooter would be one and the same unknown car."""
    assert says_no_plate(text)
    assert not says_no_plate("沪A12345")


def test_what_looks_alike_is_exchanged_one_sign_before_two() -> None:
    """The likeliest mistake is looked up first."""
    assert list(confusables("AB01")) == ["A801", "ABO1", "AB0I", "A8O1", "A80I", "ABOI"]
    assert not list(confusables("ACDE"))


@given(PLATES)
def test_confusables_are_few_and_differ_by_the_pairs_only(plate: str) -> None:
    """A look-up between a car and its barrier has a bound, and guesses no free signs."""
    found = list(confusables(plate))
    assert len(found) == len(set(found)) <= 55
    assert plate not in found
    for other in found:
        apart = [(a, b) for a, b in zip(plate, other, strict=True) if a != b]
        assert 1 <= len(apart) <= 2
        assert all(
            "".join(pair) in LOOK_ALIKE or "".join(pair[::-1]) in LOOK_ALIKE for pair in apart
        )


@given(PLATES)
def test_neighbours_are_one_sign_off_and_told_once(plate: str) -> None:
    """A plate told twice is looked up twice while the driver waits."""
    found = list(neighbours(plate))
    assert len(found) == len(set(found)) <= 800
    assert plate not in found
    assert all(_one_off(plate, other) for other in found)


@given(PLATES, st.data())
def test_every_misread_sign_is_among_the_neighbours(plate: str, data: st.DataObject) -> None:
    """A registered card whose camera drops, adds or mistakes one sign can be found again."""
    place = data.draw(st.integers(0, len(plate) - 1))
    sign = data.draw(st.sampled_from(SIGNS))
    near = set(neighbours(plate)) | {plate}
    if plate[place] in SIGNS:
        assert plate[:place] + sign + plate[place + 1 :] in near
    assert plate[:place] + plate[place + 1 :] in near
    assert plate[:place] + sign + plate[place:] in near
    assert plate + sign in near


def test_another_province_is_a_neighbour() -> None:
    """The small sign in front is the one that cameras mistake most."""
    assert "浙A12345" in set(neighbours("沪A12345"))
    assert "粤Z1234澳" in set(neighbours("粤Z1234港"))


@pytest.mark.parametrize("plate", ["", "AB1", "A" * (MOST_SIGNS + 1), "A" * 10_000])
def test_what_is_no_plate_has_no_neighbours(plate: str) -> None:
    """A long text from a broken camera must not cost a second of looking up."""
    assert not list(islice(confusables(plate), 1))
    assert not list(islice(neighbours(plate), 1))


CHINESE = {
    "京A12345": VehicleClass.CAR,
    "粤B7Z318": VehicleClass.CAR,
    "沪AD48213": VehicleClass.ELECTRIC,
    "沪A48213F": VehicleClass.ELECTRIC,
    "京A1234警": VehicleClass.EMERGENCY,
    "京O1234警": VehicleClass.EMERGENCY,
    "晋X0001应急": VehicleClass.EMERGENCY,
    "苏E1234挂": VehicleClass.LARGE,
    "浙A1234学": VehicleClass.CAR,
    "粤Z1234港": VehicleClass.CAR,
    "粤Z12F4澳": VehicleClass.CAR,
    "使224578": VehicleClass.CAR,
    "224578使": VehicleClass.CAR,
    "沪A0023领": VehicleClass.CAR,
    "WJ京12345": VehicleClass.CAR,
    "VA12345": VehicleClass.CAR,
}


@pytest.mark.parametrize(("plate", "meant"), CHINESE.items())
def test_the_forms_of_chinese_plates_are_known(plate: str, meant: VehicleClass) -> None:
    """A police car in action does not wait for a clerk, an electric one has its own price."""
    assert is_chinese(plate)
    assert is_chinese(f"{plate[:2].lower()}·{plate[2:]}")
    assert plate_filter(PlatePattern.CHINESE)(plate)
    assert plate_class(plate) is meant


@pytest.mark.parametrize(
    "text", ["A12345", "京12345", "京A1234", "京AI2345", "京A123456", "停车场"]
)
def test_what_has_no_chinese_form_is_no_chinese_plate(text: str) -> None:
    """A sign on a van must not open a stay of its own."""
    assert not is_chinese(text)
    assert not plate_filter(PlatePattern.CHINESE)(text)


@pytest.mark.parametrize(
    ("plate", "fits"),
    [("B-AB 1234", True), ("AB 123 CD", True), ("M-Ü 7", False), ("TAXI", False), ("12345", False),
     ("沪A12345", False), ("ABCDEFGHI1", False)],
)  # fmt: skip
def test_european_plates_are_known_by_their_common_shape(plate: str, fits: bool) -> None:
    """A house number or a word on a lorry is no car."""
    assert plate_filter(PlatePattern.EUROPEAN)(plate) is fits


def test_a_site_may_bring_a_pattern_of_its_own() -> None:
    """A works yard whose lifts have numbers of their own."""
    yard = plate_filter(PlatePattern.OWN, "HOF[0-9]{2}")
    assert yard("hof-07")
    assert not yard("HOF077")
    assert plate_filter(PlatePattern.ANY)("whatever 1")
    assert not plate_filter(PlatePattern.ANY)("·-·")


def test_a_careless_pattern_holds_up_nobody() -> None:
    """Thirty equal letters in front of a camera must not freeze the whole hub."""
    assert not plate_filter(PlatePattern.OWN, "(A+)+B")("A" * 32)
    assert plate_filter(PlatePattern.OWN, "(A+)+B")("A" * 15 + "B")


@pytest.mark.parametrize("own", ["", "(", "A" * 201])
def test_a_pattern_that_cannot_be_used_is_refused(own: str) -> None:
    """It would keep every car out, and nobody would know why."""
    with pytest.raises(CoreError, match="plate_pattern_invalid"):
        plate_filter(PlatePattern.OWN, own)


@pytest.mark.parametrize(
    ("colour", "region", "seen", "meant"),
    [
        (PlateColour.YELLOW, "", None, VehicleClass.LARGE),
        (PlateColour.GREEN, "", None, VehicleClass.ELECTRIC),
        (PlateColour.YELLOW_GREEN, "", None, VehicleClass.ELECTRIC),
        (PlateColour.BLUE, "", None, VehicleClass.CAR),
        (PlateColour.YELLOW, "", VehicleClass.MOTORCYCLE, VehicleClass.MOTORCYCLE),
        (PlateColour.BLUE, "", VehicleClass.LARGE, VehicleClass.LARGE),
        (PlateColour.BLUE, "", VehicleClass.EMERGENCY, VehicleClass.CAR),
    ],
)
def test_a_colour_tells_the_class_of_a_chinese_car(
    colour: PlateColour, region: str, seen: VehicleClass | None, meant: VehicleClass
) -> None:
    """A lorry pays its own price, and a camera's word alone lets nobody park free."""
    assert plate_class("沪A12345", colour, region, seen) is meant


def test_a_yellow_plate_elsewhere_is_a_car_like_any_other() -> None:
    """Every Dutch car has one."""
    assert plate_class("AB-123-C", PlateColour.YELLOW, "nl") is VehicleClass.CAR
    assert plate_class("A12345", PlateColour.YELLOW, "cn-sh") is VehicleClass.LARGE


@pytest.mark.parametrize(
    ("word", "colour"),
    [("Blue", "blue"), ("蓝色", "blue"), ("黄牌", "yellow"), ("黄绿色", "yellow_green"),
     ("YellowGreen", "yellow_green"), ("渐变绿", "green"), ("GradientGreen", "green"),
     ("white", "white"), ("黑", "black"), ("silver", ""), (None, ""), (3, "")],
)  # fmt: skip
def test_colours_are_understood_in_the_words_of_cameras(word: object, colour: str) -> None:
    """Each maker has its own words for the same five grounds."""
    assert colour_of(word) == colour


@pytest.mark.parametrize(
    ("word", "vehicle"),
    [("cargo truck", "large"), ("truck-standard", "car"), ("van-full", "car"), ("car", "car"),
     ("Sedan", "car"), ("Pickup Truck", "car"), ("Big Truck", "large"), ("bus", "large"),
     ("tractor-trailer", "large"), ("motorcycle", "motorcycle"), ("摩托车", "motorcycle"),
     ("小型客车", "car"), ("大型货车", "large"), ("Unknown", None), (None, None), ([], None),
     ("ambulance", None)],
)  # fmt: skip
def test_kinds_of_cars_are_understood_in_the_words_of_cameras(
    word: object, vehicle: str | None
) -> None:
    """What is not understood is no lorry: nobody pays for a camera's odd word."""
    assert vehicle_of(word) == vehicle


def _one_off(plate: str, other: str) -> bool:
    if len(plate) == len(other):
        return sum(a != b for a, b in zip(plate, other, strict=True)) == 1
    longer, shorter = sorted((plate, other), key=len, reverse=True)
    return len(longer) == len(shorter) + 1 and any(
        longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer))
    )
