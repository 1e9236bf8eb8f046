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
from .broker import BrokerChoice, broker_of
from .choices import Choices, choose
from .claims import Claims
from .client import Hub
from .dashboard import PATH, write_dashboard
from .hub import READY_S, RESTART, hub_part, settle_down, wait_until_running, write_config
from .parts import Part, ended, stop_leftovers
from .places import HOST, Places
from .site import SiteSetup
from .trouble import DemoError
from .welcome import welcome

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

    @property
    def provider(self) -> str:
        """Where the pretended provider of payments is."""
        return f"http://{HOST}:{self.choices.ports.pay}"

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
            assert hub.process is not None
            show.write(
                welcome(
                    f"{self.url}/{PATH}",
                    self.provider,
                    ports,
                    self.broker,
                    hub=hub.process.pid,
                    fast=self.options.fast,
                )
            )
            # The hub ends by itself when somebody presses its "Restart" button.
            await self._watching(None, restart=True)
            self.parts.remove(hub)

    async def _set_up(self, hub: Part) -> None:
        await hub.listening(self.choices.ports.hub, READY_S)
        async with Hub.logged_in(self.url) as client:
            await wait_until_running(client)
            show.step("The hub runs")
            await settle_down(client, DEMO.name, DEMO.currency)
            setup = SiteSetup(
                hub=client,
                ports=self.choices.ports,
                broker=self.broker,
                fast=self.options.fast,
                url=self.url,
                provider=self.provider,
            )
            try:
                await setup.run()
                if await write_dashboard(client, setup.entry, self.provider):
                    show.step("The dashboard is there")
                await self._name_site(client, setup.entry)
                # The lists are asked for by the minute; whoever has just arrived does not wait for it.
                await client.ask("fire_event", event_type="demo_lists")
            except DemoError as err:
                # What the hub refuses it explains in its log.
                message = f"{err}\n{hub.tail()}"
                raise DemoError(message) from err

    @staticmethod
    async def _name_site(client: Hub, entry: str) -> None:
        """Say which site the lists and the attendant's automations mean: the hub may get more."""
        await client.ask(
            "call_service",
            domain="input_text",
            service="set_value",
            target={"entity_id": "input_text.demo_site"},
            service_data={"value": entry},
        )

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
            "--pay-port",
            str(self.choices.ports.pay),
            "--mqtt",
            self.broker.url,
            "--state",
            str(self.places.simulator),
        ]
        if self.options.fast:
            command.append("--heavy")
        return Part(name="building", command=command, log=self.places.logs / "building.log")


async def run(options: Options) -> None:
    """Run a demo until it is stopped."""
    places = Places(folder=options.folder)
    with places.held(), Claims() as claims:
        await stop_leftovers(places)
        if options.fresh:
            places.clear()
        choices = choose(places, options.port, claims)
        demo = Demo(
            options=options,
            places=places,
            choices=choices,
            broker=broker_of(choices.broker, choices.ports.mqtt, places),
        )
        places.note_address(demo.url)
        await demo.run()


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
