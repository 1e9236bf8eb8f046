"""A profile is a data file: a good one needs no code, a broken one says where and harms nobody."""

from contextlib import suppress
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st
import pytest
import yaml

from custom_components.prepaid_parking.core.identity import InstallationId
from custom_components.prepaid_parking.core.metering import (
    BASE_PER_UNIT,
    Commodity,
    Consumption,
    Cursor,
    Quantity,
    Sample,
    advance,
)
from custom_components.prepaid_parking.links.fields import ProfileError
from custom_components.prepaid_parking.links.generic import generic_modbus
from custom_components.prepaid_parking.links.profile import (
    MeterProfile,
    WriteFunction,
    ratio_product,
)
from custom_components.prepaid_parking.links.profile_file import (
    SHIPPED,
    build_profile,
    load_profiles,
)
from custom_components.prepaid_parking.links.registers import Kind, Order, Space
from tests.links.modbus_peer import meter_profile

SHIPPED_IDS = {
    "acrel_adl",
    "acrel_adw300",
    "acrel_ddsy1352",
    "chint_dtsu666",
    "coil_relay",
    "eastron_sdm120",
    "eastron_sdm230",
    "eastron_sdm630",
    "hiking_dds238",
    "spirax_tva",
    "spirax_tva_energy",
    "waveshare_relay",
    "xintai_valve_water",
}


def content(profile_id: str = "acrel_ddsy1352") -> dict[str, Any]:
    """A shipped file's content, to be spoiled."""
    loaded: dict[str, Any] = yaml.safe_load((SHIPPED / f"{profile_id}.yaml").read_text())
    return loaded


def test_every_shipped_profile_is_sound_and_names_its_source() -> None:
    """An installer picks one from the list and trusts it."""
    profiles = load_profiles()
    assert profiles.broken == ()
    assert set(profiles.known) == SHIPPED_IDS
    for profile_id, profile in profiles.known.items():
        assert profile.about.id == profile_id
        assert len(profile.about.data_sheet) > 40
        assert profile.about.experimental or profile.about.confidence.may_switch


def test_the_shipped_files_are_read_once() -> None:
    """Five thousand meters must not parse five thousand files."""
    assert load_profiles() is load_profiles()


@pytest.mark.parametrize("profile", load_profiles().meters.values(), ids=lambda one: one.about.id)
def test_a_meter_believes_its_own_full_load_for_an_hour_and_no_multiple_of_it(
    profile: MeterProfile,
) -> None:
    """A leap limit of nothing would doubt every reading, a huge one none."""
    limits = profile.limits()
    at = datetime(2026, 1, 1, tzinfo=UTC)
    cursor = Cursor(installation=InstallationId("m1.1"), register=0, at=at)
    full = int(profile.max_power * BASE_PER_UNIT[profile.quantity])
    fine, absurd = (
        advance(cursor, Sample(at=at, register=register), limits, serial="", ratio=None)
        for register in (full, full * 2)
    )
    assert isinstance(fine, Consumption)
    assert not isinstance(absurd, Consumption)
    assert 1_000_000 <= limits.max_rate_per_hour <= 20_000 * 1_000_000


def test_the_ddsy1352_is_cut_by_the_vendors_frame_and_believed_by_bit_15_alone() -> None:
    """The frame `0001 0001` at 0x0057 by FC16; a shifted bit would report a lit flat as dark."""
    relay = meter_profile("acrel_ddsy1352").relay
    assert relay is not None
    assert relay.write.function is WriteFunction.REGISTERS
    assert relay.write.address == 0x0057
    assert (relay.write.cut, relay.write.restore) == ((1, 1), (1, 0))
    assert relay.state.register.address == 0x0224
    assert relay.state.mask == 0x8000
    assert relay.state.read(0xE0EF) is True
    assert relay.state.read(0x01E8) is False
    assert relay.state.read(0x6007) is False


def test_what_rests_on_less_than_a_vendors_word_only_reads() -> None:
    """A guessed valve command at a stranger's water main is no way to find out."""
    xintai = meter_profile("xintai_valve_water")
    assert xintai.relay is not None
    assert xintai.about.experimental
    assert not xintai.can_switch
    assert meter_profile("acrel_ddsy1352").can_switch
    assert not meter_profile("eastron_sdm120").can_switch


def test_a_valve_on_its_way_or_abnormal_is_neither_open_nor_closed() -> None:
    """What is not known is not guessed: supply stays unknown and a person looks."""
    relay = meter_profile("xintai_valve_water").relay
    assert relay is not None
    assert [relay.state.read(word) for word in (1, 2, 9, 10, 0, 3, 5, 6)] == [
        True, False, True, False, None, None, None, None,
    ]  # fmt: skip


def test_limits_grow_with_the_transformers_unless_the_meter_has_its_own() -> None:
    """Behind 200/5 A a shop draws forty times what the bare meter could."""
    adl = meter_profile("acrel_adl")
    bare, behind = adl.limits(), adl.limits("40")
    assert behind.max_rate_per_hour == 40 * bare.max_rate_per_hour
    assert (bare.modulus, behind.modulus) == (10**12, 40 * 10**12)
    assert adl.limits("40", Fraction("63.5")).max_rate_per_hour == 63_500_000
    sdm = meter_profile("eastron_sdm120").limits()
    assert (sdm.modulus, sdm.jitter) == (None, 10_000)


def test_a_ratio_shown_as_zero_is_not_fitted() -> None:
    """A direct meter that shows no ratio still counts; only the text tells the difference."""
    assert ratio_product("0x0") == ratio_product("1x1") == ratio_product(None) == 1
    assert ratio_product("1.5x40") == 60


SPOILED: list[tuple[str, str, object, str]] = [
    ("schema", "schema", 2, "from 1 to 1"),
    ("link", "link", "mqtt", "must be modbus"),
    ("kind", "kind", "toaster", "one of: meter, barrier"),
    ("confidence", "confidence", "sure", "proven, documented"),
    ("experimental", "confidence", "secondary", "must be true"),
    ("experimental", "experimental", 1, "true or false"),
    ("line.parity", "line", {"parity": "N"}, "none, even, odd"),
    ("line.speed", "line", {"speed": 9600}, "not a field"),
    ("quantity", "quantity", "joy", "one of"),
    ("commodity", "commodity", None, "is missing"),
    ("max_power", "max_power", "0", "above 0"),
    ("max_power", "max_power", "-5", "in quotes"),
    ("colour", "colour", "red", "not a field"),
    ("register.scale", "register.scale", 0.01, 'in quotes, "0.01"'),
    ("register.scale", "register.scale", "1e3", "number in quotes"),
    ("register.scale", "register.scale", "1/0", "number in quotes"),
    ("register.scale", "register.scale", True, "number in quotes"),
    ("register.unit", "register.unit", "m³", "does not measure energy"),
    ("register.unit", "register.unit", "kW", "one of: Wh, kWh"),
    ("register.type", "register.type", "u33", "one of: u16"),
    ("register.type", "register", {"address": 0, "type": "text", "count": 2}, "be a number"),
    ("register.type", "register.type", "bit", "coil or discrete"),
    ("register.space", "register.space", "coil", "not a bit"),
    ("register.address", "register.address", 0xFFFF, "from 0 to 65534"),
    ("register.address", "register.address", "0x10", "whole number"),
    ("register.address", "register.address", True, "whole number"),
    ("register.count", "register.type", "bcd", "is missing"),
    ("register.modulus", "register.modulus", "9999999999999", "larger than any"),
    ("register.word_order", "register.word_order", "middle", "big, little"),
    ("register.plus", "register.plus", [{"address": 0, "type": "u32", "unit": "kWh"}], "stretch"),
    ("register.plus[0]", "register.plus", ["x"], "must be a mapping"),
    ("ratio.factors", "ratio.factors", [], "must not be empty"),
    ("ratio.multiply", "ratio.multiply", "yes", "true or false"),
    ("values.power.times", "values.power.times", ["vt"], "not a ratio"),
    ("values.power.unit", "values.power.unit", "V", "turned into W"),
    ("values.joy", "values.joy", {"address": 1, "type": "u16"}, "one of: voltage_l1"),
    ("relay.write.function", "relay.write.function", 7, "5, 6, 15, 16"),
    ("relay.write.restore", "relay.write.restore", [1, 1], "must differ"),
    ("relay.write.restore", "relay.write.restore", 1, "as long"),
    ("relay.write.cut", "relay.write.function", 6, "writes one value"),
    ("relay.state.supplied", "relay.state.supplied", 0, "must differ"),
    ("relay.state.supplied", "relay.state.supplied", 1, "inside the mask"),
    ("relay.state.type", "relay.state.type", "u32", "one register"),
    ("relay.operations_a_day", "relay.operations_a_day", 0, "from 1"),
    ("clock.format", "clock.format", "unix", "yymmddwwhhmmss"),
    ("stretches", "stretches", {"address": 1}, "must be a list"),
    ("most_registers", "most_registers", 126, "from 4 to 125"),
    ("name", "name", "", "must be a text"),
    ("data_sheet", "data_sheet", None, "is missing"),
]


@pytest.mark.parametrize(("where", "field", "value", "problem"), SPOILED)
def test_what_is_wrong_is_said_with_its_place(
    where: str, field: str, value: object, problem: str
) -> None:
    """Somebody wrote a file for a new meter at night: one sentence must be enough."""
    spoiled = content()
    inside = spoiled
    *parents, last = field.split(".")
    for parent in parents:
        inside = inside[parent]
    inside[last] = value
    with pytest.raises(ProfileError) as caught:
        build_profile("mine", spoiled, source="mine.yaml")
    assert caught.value.placeholders["source"] == "mine.yaml"
    assert caught.value.placeholders["path"] == where
    assert problem in caught.value.placeholders["problem"]


def test_a_broken_file_is_reported_and_the_others_work(tmp_path: Path) -> None:
    """One typing error must not switch off a building."""
    good = content("hiking_dds238")
    (tmp_path / "good.yaml").write_text(yaml.safe_dump(good))
    (tmp_path / "syntax.yaml").write_text("name: [")
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "long.yaml").write_text("# " + "x" * 70_000)
    (tmp_path / "spoiled.yaml").write_text(yaml.safe_dump(good | {"quantity": "joy"}))
    (tmp_path / "hiking_dds238.yaml").write_text(yaml.safe_dump(good | {"name": "Not mine"}))
    (tmp_path / "notes.txt").write_text("no profile")
    profiles = load_profiles(tmp_path)
    assert set(profiles.known) == SHIPPED_IDS | {"good"}
    assert profiles.known["hiking_dds238"].about.name != "Not mine"
    assert [err.placeholders["source"] for err in profiles.broken] == [
        "binary.yaml", "empty.yaml", "long.yaml", "spoiled.yaml", "syntax.yaml",
        "hiking_dds238.yaml",
    ]  # fmt: skip


def test_a_folder_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    """Most sites have no profiles of their own."""
    assert load_profiles(tmp_path / "nothing").broken == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from(sorted(content())), JSON)
def test_no_content_of_a_file_raises_anything_else(field: str, value: object) -> None:
    """Whatever stands in a file, the answer is a sentence about it."""
    with suppress(ProfileError):
        build_profile("mine", content() | {field: value})


@given(JSON)
def test_a_file_may_be_anything(value: object) -> None:
    """A shopping list, for example."""
    with pytest.raises(ProfileError):
        build_profile("mine", value)


def test_a_generic_meter_is_built_from_what_the_flow_asked() -> None:
    """A meter that nobody has described yet can still be charged, by somebody with its manual."""
    profile = generic_modbus(
        {
            "commodity": "water",
            "max_power": "5",
            "space": "input",
            "address": 10,
            "type": "float32",
            "word_order": "little",
            "unit": "L",
            "scale": "10",
            "relay_function": 5,
            "relay_address": 3,
            "relay_cut": 0,
            "relay_restore": 1,
            "state_space": "coil",
            "state_address": 3,
            "state_supplied": 1,
            "state_cut": 0,
            "serial_address": 100,
            "serial_type": "text",
            "serial_count": 4,
        }
    )
    assert (profile.commodity, profile.quantity) == (Commodity.WATER, Quantity.VOLUME)
    (part,) = profile.billed.parts
    assert (part.register.space, part.register.kind) == (Space.INPUT, Kind.FLOAT32)
    assert part.register.word_order is Order.LITTLE
    assert part.factor == 10_000
    assert profile.about.experimental
    assert profile.relay is not None
    assert profile.relay.state.register.space is Space.COIL
    assert profile.serial_number is not None


def test_a_generic_meter_with_a_gap_is_refused_with_the_place() -> None:
    """The flow shows the sentence next to the field."""
    for data, path in (
        ({"commodity": "water", "unit": "beer"}, "register.unit"),
        ({"commodity": "water", "unit": "L", "max_power": "5"}, "register.type"),
    ):
        with pytest.raises(ProfileError) as caught:
            generic_modbus(data)
        assert caught.value.placeholders["path"] == path
