"""The demo site: what it promises as data, and that the promise is kept on the wire."""

import ast
import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
from pathlib import Path
import signal
import sys

from aiohttp import ClientSession
import aiomqtt
from pymodbus.client import AsyncModbusTcpClient
import pytest

from custom_components.prepaid_parking.simulator import building as building_module
from custom_components.prepaid_parking.simulator.broker import Broker
from custom_components.prepaid_parking.simulator.building import DemoBuilding
from custom_components.prepaid_parking.simulator.demo import DEMO
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from tests.brokers import Mosquitto, mosquitto

from .conftest import connected

MORNING = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
FOLDER = Path(building_module.__file__).parent


def test_the_site_is_what_is_promised() -> None:
    """Eight prepaid meters, two without a relay, water, steam, two lanes, seventeen wallets."""
    kinds = Counter(meter.profile for meter in DEMO.meters)
    assert kinds == {
        "acrel_ddsy1352": 8,
        "eastron_sdm120": 1,
        "eastron_sdm630": 1,
        "xintai_valve_water": 1,
        "spirax_tva": 1,
    }
    assert len(DEMO.wallets) == 17
    assert {lane.barrier_profile for lane in DEMO.lanes} == {"shelly_gen2", "waveshare_relay"}


def test_the_site_is_wired_without_contradiction() -> None:
    """A set-up script that follows the data must not meet two devices at one address."""
    wallets = {wallet.key: wallet for wallet in DEMO.wallets}
    places = [(meter.line, meter.unit) for meter in DEMO.meters]
    places += [(lane.line, lane.unit) for lane in DEMO.lanes if lane.line]
    assert len(set(places)) == len(places)
    assert len({meter.serial for meter in DEMO.meters}) == len(DEMO.meters)
    for meter in DEMO.meters:
        assert wallets[meter.wallet].purpose == "utility"
        assert meter.commodity in DEMO.prices
    for car in DEMO.cars:
        assert not car.wallet or wallets[car.wallet].purpose == "parking"
    assert {line.key for line in DEMO.lines} >= {line for line, _ in places}


def test_the_heavy_load_empties_its_wallet_within_two_minutes() -> None:
    """Whoever watches the demo sees the whole loop before the coffee is cold."""
    (meter,) = (meter for meter in DEMO.meters if meter.serial == DEMO.heavy.serial)
    (wallet,) = (wallet for wallet in DEMO.wallets if wallet.key == meter.wallet)
    building = DemoBuilding(heavy=True, tick_s=None, now=lambda: MORNING)
    before = building.meters[meter.serial].counter.total
    building.advance(119)
    used = Decimal(building.meters[meter.serial].counter.total - before) / 1_000_000
    assert used * Decimal(DEMO.prices[meter.commodity]) > Decimal(wallet.opening)
    assert meter.has_relay


def test_the_same_seed_is_the_same_day() -> None:
    """A demo that goes wrong can be shown again."""

    def totals(seed: int) -> list[int]:
        building = DemoBuilding(seed=seed, tick_s=None, now=lambda: MORNING)
        for _ in range(24):
            building.advance(3600)
        return [meter.counter.total for meter in building.meters.values()]

    assert totals(1) == totals(1)
    assert totals(1) != totals(2)


def test_a_day_has_a_shape_and_stays_believable() -> None:
    """A flat sleeps at four and cooks at seven; a day is some kWh, not some hundred."""
    building = DemoBuilding(tick_s=None, now=lambda: MORNING.replace(hour=0, minute=0))
    flat = building.meters["202603110101"]
    start, by_hour = flat.counter.total, []
    for _ in range(24):
        before = flat.counter.total
        for _ in range(60):
            building.advance(60)
        by_hour.append(flat.counter.total - before)
    assert 5_000_000 < flat.counter.total - start < 40_000_000
    assert min(by_hour[2:5]) * 5 < max(by_hour[18:21])


async def test_both_lines_answer_for_every_meter() -> None:
    """Each promised register is readable where the data says the meter is."""
    building = DemoBuilding(tick_s=None)
    a, b = building.lines
    async with building, connected(a) as client_a, connected(b) as client_b:
        clients = {"A": client_a, "B": client_b}
        for meter in DEMO.meters:
            if meter.profile == "acrel_ddsy1352":
                assert await _hundredths(clients[meter.line], meter.unit) == int(
                    Decimal(meter.register) * 100
                )
        words = (await client_b.read_holding_registers(0, count=2, device_id=12)).registers
        assert words[0] | words[1] << 16 == 186240
        assert not (await client_b.read_coils(0, count=8, device_id=31)).isError()


async def _hundredths(client: AsyncModbusTcpClient, unit: int) -> int:
    words = (await client.read_holding_registers(0, count=2, device_id=unit)).registers
    return int(words[0]) << 16 | int(words[1])


@asynccontextmanager
async def hub(broker: Mosquitto, building: DemoBuilding) -> AsyncIterator[None]:
    """A stand-in for the hub: opens for every plate that has a wallet, on both lanes."""
    known = {car.plate for car in DEMO.cars if car.wallet}
    line = building.lines[1]

    async def listen(client: aiomqtt.Client, modbus: AsyncModbusTcpClient) -> None:
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            seen = json.loads(message.payload)
            if seen["plate"] not in known:
                continue
            if message.topic.matches("parking/exit/plate"):
                await modbus.write_coil(0, True, device_id=31)
                await modbus.write_coil(0, False, device_id=31)
            else:
                parameters = {"id": 0, "on": True, "toggle_after": 0.02}
                command = {"id": 1, "src": "hub", "method": "Switch.Set", "params": parameters}
                await client.publish("gate-entry/rpc", json.dumps(command))

    async with aiomqtt.Client(broker.host, broker.port) as client, connected(line) as modbus:
        await client.subscribe("frigate/tracked_object_update")
        await client.subscribe("parking/exit/plate")
        task = asyncio.create_task(listen(client, modbus))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_cars_pass_where_the_hub_opens_and_back_out_where_not() -> None:
    """Both lanes work end to end: loop, camera, pulse, safety loop, limit switches."""
    with mosquitto() as broker:
        building = DemoBuilding(broker=Broker.from_url(broker.url), tick_s=None, pace=0.02)
        async with building, asyncio.timeout(10):
            for gadget in building.gadgets:
                await gadget.connected.wait()
            async with hub(broker, building):
                cars = building.traffic
                assert await cars.one_car("BKL4821")
                assert not cars.inside["BKL4821"]
                assert await cars.one_car("沪AD48213")
                assert not await cars.one_car("粤B7Z318")
        assert cars.passages == [
            ("BKL4821", "out", True),
            ("沪AD48213", "in", True),
            ("粤B7Z318", "in", False),
        ]
        board = building.device("relays-exit")
        assert isinstance(board, WaveshareRelay)
        assert len(board.pulses(0)) == 1
        assert board.inputs == [False, False, False, True, *[False] * 4]


async def test_who_stands_inside_leaves_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A car that nobody saw come in is the first thing the demo's manager has to look at."""
    cars = DemoBuilding(tick_s=None, pace=0).traffic
    driven: list[str] = []

    async def drive(plate: str) -> bool:
        driven.append(plate)
        # The hub is not there yet at the first try.
        cars.inside[plate] = len(driven) == 1
        if len(driven) == 3:
            raise asyncio.CancelledError
        return True

    monkeypatch.setattr(cars, "one_car", drive)
    with pytest.raises(asyncio.CancelledError):
        await cars.run()
    assert driven[:2] == ["BKL4821", "BKL4821"]
    assert cars.early == []


async def test_traffic_drives_by_itself() -> None:
    """With a broker there is something to see within a minute."""
    with mosquitto() as broker:
        building = DemoBuilding(broker=Broker.from_url(broker.url), pace=0.001)
        async with building, asyncio.timeout(10):
            for gadget in building.gadgets:
                await gadget.connected.wait()
            async with aiomqtt.Client(broker.host, broker.port) as client:
                await client.subscribe("frigate/events")
                await client.subscribe("parking/exit/plate")
                async for _ in client.messages:
                    break


def test_the_simulator_knows_nothing_of_the_product() -> None:
    """One import of the other side, and both ends of the wire make the same mistake."""
    for file in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level < 2, file.name
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.append(node.module)
            for name in names:
                assert name.split(".")[0] not in {"homeassistant", "custom_components"}, file.name


@asynccontextmanager
async def _pretended_provider(state: Path) -> AsyncIterator[str]:
    """Run the demo with its provider of payments until it is stopped in order; gives its address."""
    command = [sys.executable, "-I", str(FOLDER), "--tcp-port", "0", "--rtu-port", "0"]
    run = await asyncio.create_subprocess_exec(
        *command, "--pay-port", "0", "--state", str(state), stdout=asyncio.subprocess.PIPE
    )
    assert run.stdout is not None
    async with asyncio.timeout(60):
        while not (line := (await run.stdout.readline()).decode()).startswith("Payments:"):
            assert line
        yield line.rpartition(" ")[2].strip()
        run.send_signal(signal.SIGTERM)
        assert await run.wait() == 0


async def test_who_has_paid_at_the_pretended_provider_has_paid_after_a_restart(
    tmp_path: Path,
) -> None:
    """The newcomer starts the demo again: a number that was given before would be no new payment."""
    state, asked = tmp_path / "state.json", "/v1/checkout/sessions"
    numbers = []
    async with ClientSession(headers={"Authorization": "Bearer sk_test_fake"}) as web:
        for out_no in ("first", "second"):
            item = "line_items[0][price_data]"
            form = {
                "client_reference_id": out_no,
                "expires_at": f"{int((datetime.now(UTC) + timedelta(hours=1)).timestamp())}",
                f"{item}[unit_amount]": "1250",
                f"{item}[currency]": "eur",
                f"{item}[product_data][name]": "Parkplatz für zwei",
                "success_url": "http://127.0.0.1/",
            }
            async with _pretended_provider(state) as address:
                async with web.post(address + asked, data=form) as answer:
                    session = (await answer.json())["id"]
                async with web.post(f"{address}/window/{out_no}/pay", allow_redirects=False):
                    pass
                async with web.get(f"{address}{asked}") as answer:
                    known = (await answer.json())["data"]
                assert known[0]["id"] == session
                assert {one["payment_status"] for one in known} == {"paid"}
                numbers = [one["payment_intent"] for one in known]
                async with web.post(
                    f"{address}/v1/refunds", data={"payment_intent": numbers[-1], "amount": "400"}
                ) as answer:
                    assert (await answer.json())["status"] == "succeeded"
    assert len(set(numbers)) == 2
    kept = json.loads(state.read_text(encoding="utf-8"))["payments"]
    assert [key.partition("/")[0] for key in kept].count("refund") == 2


async def test_the_demo_runs_by_path_without_a_hub_and_keeps_its_counts(tmp_path: Path) -> None:
    """`python …/simulator` on a machine that has no hub: serve, say where, stop on a signal."""
    state = tmp_path / "state.json"
    command = [sys.executable, "-I", str(FOLDER), "--tcp-port", "0", "--rtu-port", "0"]
    run = await asyncio.create_subprocess_exec(
        *command, "--state", str(state), stdout=asyncio.subprocess.PIPE
    )
    assert run.stdout is not None
    lines: list[str] = []
    async with asyncio.timeout(20):
        while not lines or not lines[-1].startswith("No broker"):
            lines.append((await run.stdout.readline()).decode().rstrip())
        port = int(next(line for line in lines if "Modbus TCP" in line).rpartition(":")[2])
        client = AsyncModbusTcpClient("127.0.0.1", port=port)
        assert await client.connect()
        register = await _hundredths(client, 1)
        client.close()
        run.send_signal(signal.SIGTERM)
        assert await run.wait() == 0
    assert register >= 481237
    assert sum(line.startswith("  unit") for line in lines) == len(DEMO.meters) + 1
    kept = json.loads(state.read_text(encoding="utf-8"))
    assert kept["202603110101"]["total"] >= 4_812_370_000
    assert kept["cars"]["BKL4821"] is True
