"""The whole demo: its parts started in order, watched while it runs, stopped in order."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
import signal
import sys
from typing import Any, Final

from custom_components.prepaid_parking.simulator.demo import DEMO

from . import INTEGRATION, show
from .broker import BrokerChoice, broker_of, usual_broker
from .client import Hub
from .dashboard import PATH, write_dashboard
from .hub import READY_S, RESTART, hub_part, settle_down, wait_until_running, write_config
from .parts import Part, ended, stop_leftovers
from .places import (
    HOST,
    HUB_PORT,
    MQTT_PORT,
    PASSWORD,
    RTU_PORT,
    TCP_PORT,
    USER,
    Choices,
    Places,
    Ports,
    free_port,
    is_free,
)
from .site import SiteSetup
from .trouble import DemoError

_PART_S: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for on the command line."""

    folder: Path
    fast: bool
    fresh: bool
    port: int | None


@dataclass(slots=True, kw_only=True)
class Demo:
    """A demo at work."""

    options: Options
    places: Places
    choices: Choices
    broker: BrokerChoice
    parts: list[Part] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the hub is."""
        return f"http://{HOST}:{self.choices.ports.hub}"

    async def run(self) -> None:
        """Start everything, say what there is, and stay until it is stopped or a part ends."""
        stopped = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(name, stopped.set)
        work = asyncio.create_task(self._work())
        stop = asyncio.create_task(stopped.wait())
        try:
            await asyncio.wait((work, stop), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await work
        finally:
            await _cancel(work, stop)
            await self._stop()

    async def _work(self) -> None:
        ports = self.choices.ports
        if self.broker.part:
            show.step(f"Starting the {self.broker.words}")
            await self._begin(self.broker.part, ports.mqtt)
        show.step(f"Starting the building: meters at {ports.tcp} and {ports.rtu}")
        await self._begin(self._simulator(), ports.tcp)
        hub = hub_part(self.places)
        write_config(self.places, ports.hub)
        while True:
            show.step(f"Starting the hub at {self.url}")
            await self._start(hub)
            self.parts.append(hub)
            await self._watching(self._set_up(hub), restart=False)
            self._say_what_there_is()
            # The hub ends by itself when somebody presses its "Restart" button.
            await self._watching(None, restart=True)
            self.parts.remove(hub)

    async def _set_up(self, hub: Part) -> None:
        await hub.listening(self.choices.ports.hub, READY_S)
        async with Hub.logged_in(self.url) as client:
            await wait_until_running(client)
            show.step("The hub runs")
            await settle_down(client, DEMO.name, DEMO.currency)
            setup = SiteSetup(hub=client, ports=self.choices.ports, broker=self.broker)
            try:
                await setup.run(fast=self.options.fast)
                if await write_dashboard(client, setup.entry):
                    show.step("The dashboard is there")
            except DemoError as err:
                # What the hub refuses it explains in its log.
                message = f"{err}\n{hub.tail()}"
                raise DemoError(message) from err

    async def _begin(self, part: Part, port: int) -> None:
        await self._start(part)
        self.parts.append(part)
        await self._watching(part.listening(port, _PART_S), restart=False)

    async def _start(self, part: Part) -> None:
        try:
            await part.start(self.places)
        except OSError as err:
            message = f"The {part.name} cannot be started: {err}"
            raise DemoError(message) from err

    async def _watching(self, work: Coroutine[Any, Any, None] | None, *, restart: bool) -> None:
        """Do some work, or nothing, while every part has to be alive."""
        doing = [asyncio.create_task(work)] if work else []
        gone = {part.name: asyncio.create_task(part.gone()) for part in self.parts}
        try:
            await asyncio.wait([*gone.values(), *doing], return_when=asyncio.FIRST_COMPLETED)
            for part in self.parts:
                if not gone[part.name].done():
                    continue
                status = gone[part.name].result()
                if restart and status == RESTART:
                    return
                message = f"The {part.name} {ended(status)}.\n{part.tail()}"
                raise DemoError(message)
            await asyncio.gather(*doing)
        finally:
            await _cancel(*gone.values(), *doing)

    async def _stop(self) -> None:
        """Stop what was started, the hub first: it writes down how far every meter is charged."""
        if self.parts:
            show.write()
        for part in reversed(self.parts):
            if part.process and part.process.returncode is None:
                show.step(f"Stopping the {part.name}")
                await part.stop()
        self.places.parts.unlink(missing_ok=True)

    def _simulator(self) -> Part:
        command = [
            sys.executable,
            str(INTEGRATION / "simulator"),
            "--host",
            HOST,
            "--tcp-port",
            str(self.choices.ports.tcp),
            "--rtu-port",
            str(self.choices.ports.rtu),
            "--mqtt",
            self.broker.url,
            "--state",
            str(self.places.simulator),
        ]
        if self.options.fast:
            command.append("--heavy")
        return Part(name="building", command=command, log=self.places.logs / "building.log")

    def _say_what_there_is(self) -> None:
        ports = self.choices.ports
        heavy = next(one for one in DEMO.meters if one.serial == DEMO.heavy.serial)
        fast = (
            "its oven is on: low after a minute, in grace after two, cut after three"
            if self.options.fast
            else "script/develop --fast empties it within minutes"
        )
        wallet = next(one.name for one in DEMO.wallets if one.key == heavy.wallet)
        show.write(
            f"""
  {self.url}/{PATH}      user {USER}, password {PASSWORD}

  Simulated: {DEMO.name}, {len(DEMO.meters)} meters on two Modbus lines (ports {ports.tcp} and
  {ports.rtu}), an entry with a Shelly barrier and a Frigate camera behind the {self.broker.words},
  an exit on a Modbus relay board, {len(DEMO.wallets)} wallets, {len(DEMO.cars)} cars that come and go.

  Three things to try
  1. Watch {wallet} on the dashboard: {fast}.
     Then press "Top up" there: the meter's relay is switched on again.
  2. Switch off another meter's supply on its own page: it is held, and no top-up
     switches it on, only a person does.
  3. Kill the hub (kill -9 {self._hub_pid()}) and run script/develop again: every balance goes on
     where the meters are, to the last cent.

  Ctrl-C stops everything."""
        )

    def _hub_pid(self) -> int:
        process = self.parts[-1].process
        assert process is not None
        return process.pid


async def run(options: Options) -> None:
    """Run a demo until it is stopped."""
    places = Places(folder=options.folder)
    with places.held():
        await stop_leftovers(places)
        if options.fresh:
            places.clear()
        choices = _choose(places, options)
        demo = Demo(
            options=options,
            places=places,
            choices=choices,
            broker=broker_of(choices.broker, choices.ports.mqtt, places),
        )
        places.note_address(demo.url)
        await demo.run()


def _choose(places: Places, options: Options) -> Choices:
    """Return the ports and the broker: those of the first start, for the hub's settings name them."""
    known = Choices.load(places.choices)
    broker = usual_broker()
    if known is None:
        tcp = free_port(TCP_PORT)
        ports = Ports(
            hub=_hub_port(options.port or HUB_PORT, asked=options.port is not None),
            mqtt=free_port(MQTT_PORT),
            tcp=tcp,
            rtu=free_port(RTU_PORT, tcp),
        )
        choices = Choices(ports=ports, broker=broker)
    else:
        ports = known.ports
        if "://" in {broker[4:7], known.broker[4:7]} and broker != known.broker:
            message = (
                f"This demo was set up with {_hidden(known.broker)}, and now it should use "
                f"{_hidden(broker)} (MQTT_URL). Start over with --fresh."
            )
            raise DemoError(message)
        for what, port in _ours(known):
            if not is_free(port):
                message = (
                    f"Port {port}, where this demo has its {what}, is taken by another program.\n"
                    "Stop that program, or start over with --fresh."
                )
                raise DemoError(message)
        hub = _hub_port(options.port or ports.hub, asked=options.port is not None)
        choices = Choices(
            ports=Ports(hub=hub, mqtt=ports.mqtt, tcp=ports.tcp, rtu=ports.rtu),
            broker=known.broker,
        )
    choices.save(places.choices)
    return choices


def _ours(choices: Choices) -> list[tuple[str, int]]:
    ports = choices.ports
    ours = [("meters", ports.tcp), ("meters", ports.rtu)]
    return ours if "://" in choices.broker else [*ours, ("MQTT broker", ports.mqtt)]


def _hub_port(wanted: int, *, asked: bool) -> int:
    if asked:
        if not is_free(wanted):
            message = f"Port {wanted} is taken by another program; choose another with --port."
            raise DemoError(message)
        return wanted
    port = free_port(wanted)
    if port != wanted:
        show.step(f"Port {wanted} is taken by another program; the hub is at {port} instead")
    return port


def _hidden(broker: str) -> str:
    """Return a broker's name without a password."""
    scheme, _, rest = broker.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if rest else broker


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
