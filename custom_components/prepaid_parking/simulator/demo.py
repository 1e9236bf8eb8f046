"""The demo site as data: what is wired where, who lives behind it, whose cars come and go.

A set-up script reads `DEMO` and tells the hub the same; `demo_building` makes it real.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .wire import Framing


class Curve(StrEnum):
    """How consumption runs through a day."""

    HOME = "home"
    CAFE = "cafe"
    SHOP = "shop"
    LAUNDRY = "laundry"
    HEAT_PUMP = "heat_pump"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLine:
    """A Modbus endpoint."""

    key: str
    name: str
    framing: Framing
    default_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoWallet:
    """A tenant's prepaid account, named by the unit, never by the person."""

    key: str
    name: str
    purpose: str
    opening: str
    """The first top-up, as a decimal of the currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMeter:
    """A meter on a line."""

    profile: str
    line: str
    unit: int
    serial: str
    name: str
    commodity: str
    wallet: str
    register: str
    """The count at the first start: kWh, m3 or kg."""
    curve: Curve
    peak: str
    """The most that is drawn in an ordinary day: kW, m3/h or kg/h."""
    has_relay: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLane:
    """A way in or out: what opens it, and what reads its plates."""

    key: str
    name: str
    direction: str
    barrier_profile: str
    plate_profile: str
    camera: str
    """Frigate's camera name, or the topic of a reader that sends plain JSON."""
    line: str = ""
    unit: int = 0
    coil: int = 0
    topic: str = ""
    """The prefix of an MQTT barrier."""
    arrival_loop: int = 0
    safety_loop: int = 1
    """Input numbers of the barrier's controller."""
    limit_open: int | None = None
    limit_closed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCar:
    """A car as its plate reads; `wallet` is empty for a stranger without a card."""

    plate: str
    wallet: str
    inside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeavyLoad:
    """What empties one wallet within two minutes without a leap no meter could make.

    12 kW at 0.80 a kWh are 0.16 a minute: the opening 0.30 lasts 112 seconds.
    """

    serial: str
    kilowatts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSite:
    """Everything a set-up script has to know."""

    name: str
    currency: str
    prices: dict[str, str]
    """Per display unit of each commodity."""
    lines: tuple[DemoLine, ...]
    wallets: tuple[DemoWallet, ...]
    meters: tuple[DemoMeter, ...]
    lanes: tuple[DemoLane, ...]
    cars: tuple[DemoCar, ...]
    heavy: HeavyLoad
    pay_signed_by: str
    """What the pretended provider signs by, in every run: the hub is told it once."""


def _wallet(key: str, name: str, opening: str, *, purpose: str = "utility") -> DemoWallet:
    return DemoWallet(key=key, name=name, purpose=purpose, opening=opening)


def _prepaid(
    line: str, unit: int, serial: str, place: str, wallet: str, register: str, curve: Curve,
    peak: str,
) -> DemoMeter:  # fmt: skip
    return DemoMeter(
        profile="acrel_ddsy1352",
        line=line,
        unit=unit,
        serial=serial,
        name=f"{place} electricity",
        commodity="electricity",
        wallet=wallet,
        register=register,
        curve=curve,
        peak=peak,
        has_relay=True,
    )


DEMO: Final = DemoSite(
    name="Linden Court",
    currency="EUR",
    prices={"electricity": "0.80", "water": "4.20", "steam": "0.09"},
    lines=(
        DemoLine(key="A", name="Stairwell", framing=Framing.TCP, default_port=5020),
        DemoLine(key="B", name="Shops", framing=Framing.RTU_OVER_TCP, default_port=5021),
    ),
    wallets=(
        _wallet("flat_3_101", "Flat 3-101", "48.20"),
        _wallet("flat_3_102", "Flat 3-102", "0.02"),
        _wallet("flat_3_201", "Flat 3-201", "65.00"),
        _wallet("flat_3_202", "Flat 3-202", "9.40"),
        _wallet("flat_3_301", "Flat 3-301", "120.00"),
        _wallet("cafe_0_01", "Café 0-01", "180.00"),
        _wallet("bakery_0_02", "Bakery 0-02", "0.30"),
        _wallet("laundry_0_03", "Laundry 0-03", "240.00"),
        _wallet("parking_3_201", "Parking, Flat 3-201", "65.00", purpose="parking"),
        _wallet("parking_0_01", "Parking, Café 0-01", "95.00", purpose="parking"),
        _wallet("property_3_101", "Property, Flat 3-101", "160.00", purpose="property"),
        _wallet("parking_3_101", "Parking, Flat 3-101", "75.00", purpose="parking"),
        _wallet("parking_3_102", "Parking, Flat 3-102", "6.00", purpose="parking"),
        _wallet("parking_3_202", "Parking, Flat 3-202", "40.00", purpose="parking"),
        _wallet("parking_3_301", "Parking, Flat 3-301", "32.00", purpose="parking"),
        _wallet("parking_0_02", "Parking, Bakery 0-02", "150.00", purpose="parking"),
        _wallet("parking_0_03", "Parking, Laundry 0-03", "120.00", purpose="parking"),
    ),
    meters=(
        _prepaid("A", 1, "202603110101", "Flat 3-101", "flat_3_101", "4812.37", Curve.HOME, "2.4"),
        _prepaid("A", 2, "202603110102", "Flat 3-102", "flat_3_102", "3977.08", Curve.HOME, "1.8"),
        _prepaid("A", 3, "202603110201", "Flat 3-201", "flat_3_201", "6120.94", Curve.HOME, "3.1"),
        _prepaid("A", 4, "202603110202", "Flat 3-202", "flat_3_202", "2290.15", Curve.HOME, "1.2"),
        _prepaid("A", 5, "202603110301", "Flat 3-301", "flat_3_301", "7754.60", Curve.HOME, "2.9"),
        DemoMeter(
            profile="eastron_sdm120",
            line="A",
            unit=11,
            serial="21040117",
            name="Flat 3-301 heat pump",
            commodity="electricity",
            wallet="flat_3_301",
            register="1893.412",
            curve=Curve.HEAT_PUMP,
            peak="1.9",
            has_relay=False,
        ),
        DemoMeter(
            profile="xintai_valve_water",
            line="A",
            unit=21,
            serial="XT24050921",
            name="Flat 3-201 water",
            commodity="water",
            wallet="flat_3_201",
            register="318.442",
            curve=Curve.HOME,
            peak="0.36",
            has_relay=True,
        ),
        _prepaid("B", 1, "202603110001", "Café 0-01", "cafe_0_01", "15433.21", Curve.CAFE, "6.5"),
        _prepaid("B", 2, "202603110002", "Bakery 0-02", "bakery_0_02", "9021.46", Curve.SHOP, "4.0"),
        _prepaid("B", 3, "202603110003", "Laundry 0-03 light", "laundry_0_03", "1204.55",
                 Curve.SHOP, "0.8"),
        DemoMeter(
            profile="eastron_sdm630",
            line="B",
            unit=11,
            serial="22110642",
            name="Laundry 0-03 machines",
            commodity="electricity",
            wallet="laundry_0_03",
            register="12876.031",
            curve=Curve.LAUNDRY,
            peak="18",
            has_relay=False,
        ),
        DemoMeter(
            profile="spirax_tva",
            line="B",
            unit=12,
            serial="TVA-70312",
            name="Laundry 0-03 steam",
            commodity="steam",
            wallet="laundry_0_03",
            register="186240",
            curve=Curve.LAUNDRY,
            peak="90",
            has_relay=False,
        ),
    ),
    lanes=(
        DemoLane(
            key="entry",
            name="Entry",
            direction="in",
            barrier_profile="shelly_gen2",
            topic="gate-entry",
            plate_profile="frigate",
            camera="entry",
        ),
        DemoLane(
            key="exit",
            name="Exit",
            direction="out",
            barrier_profile="waveshare_relay",
            line="B",
            unit=31,
            coil=0,
            plate_profile="generic_json",
            camera="parking/exit/plate",
            limit_open=2,
            limit_closed=3,
        ),
    ),
    cars=(
        DemoCar(plate="BKL4821", wallet="parking_3_201", inside=True),
        DemoCar(plate="WAW58E2", wallet="parking_3_201", inside=False),
        DemoCar(plate="沪AD48213", wallet="parking_0_01", inside=False),
        DemoCar(plate="GE417XB", wallet="parking_0_01", inside=False),
        DemoCar(plate="BXC771", wallet="parking_0_01", inside=False),
        DemoCar(plate="POZ7K21", wallet="parking_3_101", inside=False),
        DemoCar(plate="KR5JT20", wallet="parking_3_101", inside=False),
        DemoCar(plate="BHV204", wallet="parking_3_102", inside=False),
        DemoCar(plate="KRA90X4", wallet="parking_3_202", inside=False),
        DemoCar(plate="DW4L118", wallet="parking_3_301", inside=False),
        DemoCar(plate="LU88PLK", wallet="parking_3_301", inside=False),
        DemoCar(plate="HHBO552", wallet="parking_0_02", inside=False),
        DemoCar(plate="WGM3307", wallet="parking_0_03", inside=False),
        DemoCar(plate="WGM3318", wallet="parking_0_03", inside=False),
        DemoCar(plate="粤B7Z318", wallet="", inside=False),
        DemoCar(plate="1ABC234", wallet="", inside=False),
        DemoCar(plate="MPK7102", wallet="", inside=False),
        DemoCar(plate="LDN22AB", wallet="", inside=False),
        DemoCar(plate="HHJS908", wallet="", inside=False),
        DemoCar(plate="CARE1", wallet="", inside=False),
    ),
    heavy=HeavyLoad(serial="202603110002", kilowatts="12"),
    pay_signed_by="whsec_pretended",
)  # fmt: skip
