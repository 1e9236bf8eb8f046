"""The demo site as a program: serves until it is told to stop."""

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
import signal
import sys

from .broker import Broker
from .building import DemoBuilding
from .demo import DEMO
from .pay_memory import PayMemory
from .pay_stripe import FakeStripe
from .wire import Framing


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo site until SIGINT or SIGTERM."""
    options = _parser().parse_args(arguments)
    try:
        asyncio.run(_serve(options))
    except OSError as err:
        sys.stderr.write(f"{err}\n")
        return 1
    return 0


def describe(building: DemoBuilding) -> Iterator[str]:
    """What is simulated and where, one line per device."""
    yield f"{DEMO.name}: {len(DEMO.meters)} meters, {len(DEMO.lanes)} lanes, {len(DEMO.cars)} cars"
    for line in building.lines:
        how = "Modbus TCP" if line.framing is Framing.TCP else "Modbus RTU over TCP"
        yield f"{line.name}: {how} at {line.host}:{line.port}"
        for device in line.devices.values():
            yield f"  unit {device.unit:3}  {device.profile:20} {device.serial:14} {device.name}"
    if building.broker is None:
        yield "No broker given: the MQTT barrier and the cameras are missing, and no car drives."
        return
    yield f"MQTT: broker at {building.broker.host}:{building.broker.port}"
    for gadget in building.gadgets:
        yield f"  {gadget.profile:29} {gadget.identity:14} {gadget.name}"


def _told(provider: FakeStripe | None) -> Iterator[str]:
    if provider is not None:
        yield f"Payments: a pretended {provider.brand} at {provider.base_url}"
        yield f"  the payer's window is {provider.base_url}/window"


async def _serve(options: argparse.Namespace) -> None:
    building = DemoBuilding(
        host=options.host,
        ports={"A": options.tcp_port, "B": options.rtu_port},
        broker=options.mqtt,
        speed=options.speed,
        seed=options.seed,
        heavy=options.heavy,
        state_path=options.state,
    )
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    async with AsyncExitStack() as running:
        provider = None
        if options.pay_port is not None:
            provider = FakeStripe(currency=DEMO.currency, secret=DEMO.pay_signed_by)
            building.keepers["payments"] = PayMemory(provider.books)
        await running.enter_async_context(building)
        if provider is not None:
            running.push_async_callback(provider.stop)
            await provider.start(options.pay_port)
        for line in (*_told(provider), *describe(building)):
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        await stopped.wait()
    sys.stdout.write("Stopped.\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    port_a, port_b = (line.default_port for line in DEMO.lines)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--tcp-port", type=int, default=port_a, help="Modbus TCP line")
    parser.add_argument("--rtu-port", type=int, default=port_b, help="RTU-over-TCP line")
    parser.add_argument("--pay-port", type=int, help="a pretended provider of payments")
    parser.add_argument("--mqtt", type=Broker.from_url, help="mqtt://user:password@host:port")
    parser.add_argument("--speed", type=float, default=1.0, help="hours of the meters per hour")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another day")
    parser.add_argument(
        "--heavy", action="store_true", help="heat an oven, so that one wallet runs empty"
    )
    parser.add_argument("--state", type=Path, help="file that keeps the counts over a restart")
    return parser
