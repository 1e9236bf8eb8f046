"""A meter on MQTT: what it pushes becomes samples, in time order, each once."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from ..core.errors import DeviceError, DeviceFault
from ..core.metering import Origin, Sample
from .message import Message
from .mqtt import MqttLine
from .mqtt_relay import MqttRelay
from .payloads import meter_family
from .payloads.family import KEPT, MeterSettings, Reported
from .topics import Listener

REMEMBERED: Final = 64
"""Transmissions and times known already, or as many as the last list held: what is sent again comes
soon, and five thousand meters remember as well."""


class MqttMeter:
    """Turns messages into samples.

    A reading with its own time is taken at that time; older than the newest known it is back-fill.
    A reading without one is dated when it comes: of a queued burst only the last counts then, as
    the broker may deliver again what it had delivered before.
    """

    def __init__(
        self,
        line: MqttLine,
        settings: MeterSettings,
        told: Callable[[Sequence[Sample]], None],
        *,
        relay: MqttRelay | None = None,
    ) -> None:
        """Prepare; `told` gets every batch of samples in time order."""
        self.family, self.settings = meter_family(settings)
        self.relay = relay
        self._line = line
        self._told = told
        self._topics = frozenset(self.family.topics(self.settings))
        self._keys: OrderedDict[str, None] = OrderedDict()
        self._times: OrderedDict[datetime, int | None] = OrderedDict()
        self._newest: tuple[datetime, int] | None = None
        self._held: Sample | None = None

    @property
    def supplied(self) -> bool | None:
        """Whether the relay lets through, as it last said itself."""
        return self.relay.supplied if self.relay else None

    @property
    def listener(self) -> Listener:
        """What to attach to the line."""
        topics = dict.fromkeys(self._topics, KEPT)
        commands = {one.topic for one in self.family.ask(self.settings)}
        if self.relay is not None:
            topics = {**self.relay.family.topics, **topics}
            commands |= self.relay.family.commands
        return Listener(
            topics=topics,
            commands=frozenset(commands),
            receive=self._receive,
            connected=self.ask,
            settled=self._settle,
        )

    async def ask(self) -> None:
        """Make the device report now, if it can be asked."""
        for one in self.family.ask(self.settings):
            await self._line.publish(one.topic, one.payload)
        if self.relay is not None:
            await self.relay.ask()

    async def switch(self, on: bool) -> None:
        """Command the supply. Raises DeviceError."""
        if self.relay is None:
            raise DeviceError(DeviceFault.UNSUPPORTED, "it has no relay")
        await self.relay.switch(on)

    def samples(self, message: Message) -> list[Sample]:
        """Return what a message says, in time order; what was said before is left out.

        Raises PayloadError. An empty payload is how a kept message is deleted: it says nothing.
        """
        if not message.payload:
            return []
        supplied = self.relay.take(message) if self.relay else None
        reported = (
            self.family.decode(self.settings, message) if message.topic in self._topics else []
        )
        taken = [self._sample(one, message) for one in self._news(reported, message)]
        samples = sorted((one for one in taken if one is not None), key=lambda one: one.at)
        if supplied is None:
            return samples
        if samples and samples[-1].origin is not Origin.BACKFILL:
            samples[-1] = replace(samples[-1], supplied=supplied)
        else:
            samples.append(Sample(at=message.at, origin=Origin.PUSHED, supplied=supplied))
        return samples

    def _receive(self, message: Message) -> None:
        if samples := self.samples(message):
            self._told(samples)

    def _settle(self) -> None:
        """Hand on what the burst ended with."""
        held, self._held = self._held, None
        if held is not None:
            self._told([held])

    def _news(self, reported: list[Reported], message: Message) -> list[Reported]:
        """Leave out transmissions and stored readings that came before.

        A kept message is not remembered: its twin out of the queue is the one that counts.
        """
        news = [one for one in reported if not self._known(one)]
        for one in reported if not message.retained else ():
            self._keys[one.key] = None
            if one.own is not None:
                self._times[one.own] = one.register
        for known in (self._keys, self._times):
            while len(known) > max(REMEMBERED, len(reported)):
                known.popitem(last=False)
        return news

    def _known(self, one: Reported) -> bool:
        if one.key and one.key in self._keys:
            return True
        return one.own is not None and self._times.get(one.own) == one.register

    def _sample(self, one: Reported, message: Message) -> Sample | None:
        sample = Sample(
            at=message.at,
            origin=Origin.RETAINED if message.retained else Origin.PUSHED,
            register=one.register,
            serial=one.serial,
            values=one.values,
            clock=None if one.stored or not message.live else one.own,
        )
        if one.own is not None:
            # A reading cannot come from the future: that clock is ahead.
            return self._timed(replace(sample, at=min(one.own, message.at)), one, message)
        if message.burst and not message.retained:
            self._held = sample
            return None
        return sample

    def _timed(self, sample: Sample, one: Reported, message: Message) -> Sample:
        """Date a sample by its own time, unless the register proves that time wrong.

        A live reading that is newer by its register and older by its time comes from a clock that
        was set back; taken for back-fill it would never be charged.
        """
        if message.retained or sample.register is None:
            return sample
        newest_at, newest = self._newest or (sample.at, sample.register)
        late = sample.at < newest_at
        if late and sample.register > newest and message.live and not one.stored:
            return replace(sample, at=message.at)
        if not late:
            self._newest = (sample.at, sample.register)
        if late or one.stored or message.burst:
            return replace(sample, origin=Origin.BACKFILL, values={})
        return sample
