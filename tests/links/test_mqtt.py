"""The MQTT line against a real broker: what is lost, what is late, and what must never be sent."""

import asyncio
from collections.abc import Iterator
import gc
import logging
from pathlib import Path
import socket
from time import perf_counter, process_time
from typing import Self

import pytest

from custom_components.prepaid_parking.core.errors import CoreError, DeviceError, DeviceFault
from custom_components.prepaid_parking.links.message import Message
from custom_components.prepaid_parking.links.mqtt import MqttLine
from custom_components.prepaid_parking.links.mqtt_client import BrokerClient, MqttSettings
from custom_components.prepaid_parking.links.mqtt_health import MqttHealth
from custom_components.prepaid_parking.links.topics import Listener
from tests.brokers import Mosquitto, free_port, mosquitto
from tests.links.mqtt_peer import IDENTIFIER, Inbox, certificate, peer, running, settings, until


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(persistence=tmp_path / "kept") as running_broker:
        yield running_broker


async def test_what_was_sent_while_the_hub_was_down_arrives_and_is_marked_as_queued(
    broker: Mosquitto,
) -> None:
    """A lost reading costs the landlord; a plate of an hour ago taken as news opens a gate."""
    inbox = Inbox()
    line = MqttLine(settings(broker))
    line.attach(inbox.listener("meter/1"))
    async with running(line):
        pass
    async with peer(broker) as device:
        for value in (b"1", b"2", b"3"):
            await device.publish("meter/1", value, qos=1)
        async with running(line):
            await device.publish("meter/1", b"4", qos=1)
            messages = await inbox.count(4)
    assert inbox.payloads == [b"1", b"2", b"3", b"4"]
    assert [message.burst for message in messages] == [True, True, True, False]
    assert [message.live for message in messages] == [False, False, False, True]


async def test_a_new_run_of_the_hub_gets_what_was_queued_for_the_last_one(
    broker: Mosquitto,
) -> None:
    """A restart is a new process: only the identifier is the same."""
    before = MqttLine(settings(broker))
    before.attach(Inbox().listener("plates"))
    async with running(before):
        pass
    async with peer(broker) as camera:
        await camera.publish("plates", b"queued", qos=1)
    inbox = Inbox()
    after = MqttLine(settings(broker))
    after.attach(inbox.listener("plates"))
    async with running(after):
        (message,) = await inbox.count(1)
    assert message.payload == b"queued"
    assert message.burst


async def test_a_line_that_ends_with_the_hub_takes_nobody_off(broker: Mosquitto) -> None:
    """A restart takes everything down in order; the broker must not hear of it."""
    first, second = Inbox(), Inbox()
    async with running(MqttLine(settings(broker))) as line, peer(broker) as meter:
        detach = line.attach(first.listener("meters/7"))
        await line.in_step()
        line.keep()
        detach()
        await meter.publish("meters/7", b"between", qos=1)
        await first.count(1)
    async with peer(broker) as meter:
        await meter.publish("meters/7", b"away", qos=1)
    after = MqttLine(settings(broker))
    after.attach(second.listener("meters/7"))
    async with running(after):
        await second.count(1)
    assert second.payloads == [b"away"]


async def test_a_long_queue_is_one_burst_to_its_last_message(broker: Mosquitto) -> None:
    """The five hundredth queued plate is as old as the first."""
    inbox = Inbox()
    line = MqttLine(settings(broker))
    line.attach(inbox.listener("plates"))
    async with running(line):
        pass
    async with peer(broker) as camera:
        await asyncio.gather(*(camera.publish("plates", str(n), qos=1) for n in range(500)))
    async with running(line):
        assert len(inbox.messages) == 500, "settled only after the last queued message"
    assert all(message.burst for message in inbox.messages)


async def test_a_kept_message_is_flagged(broker: Mosquitto) -> None:
    """A retained "open" of last year must not open today."""
    inbox = Inbox()
    async with peer(broker) as device:
        await device.publish("gate/wish", b"open", qos=1, retain=True)
        line = MqttLine(settings(broker))
        line.attach(inbox.listener("gate/wish"))
        async with running(line):
            await device.publish("gate/wish", b"open", qos=1, retain=True)
            first, second = await inbox.count(2)
    assert first.retained
    assert not first.live
    assert not second.retained
    assert second.live


async def test_the_broker_goes_and_comes_and_the_line_with_it(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    """Who is called at night reads once that it went and once that it came back."""
    inbox = Inbox()
    seen: list[MqttHealth] = []
    line = MqttLine(settings(broker), first_retry_s=0.05)
    line.attach(inbox.listener("meter/1"))
    line.watch(seen.append)
    async with running(line):
        broker.stop()
        await until(lambda: not line.connected)
        await asyncio.sleep(0.4)
        assert line.health.fault is DeviceFault.OFFLINE
        broker.start()
        await line.in_step()
        async with peer(broker) as device:
            await device.publish("meter/1", b"back", qos=1)
            await inbox.count(1)
        assert line.health.connects == 2
        assert line.health.fault is None
    assert inbox.messages[0].live
    texts = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert sum("no connection" in text for text in texts) == 1
    assert sum("connected again" in text for text in texts) == 1
    assert [health.settled for health in seen if health.connected] == [False, True, False, True]


async def test_a_pulse_while_offline_is_refused_and_never_sent_later(broker: Mosquitto) -> None:
    """A gate that opens by itself ten minutes after the car drove away."""
    line = MqttLine(settings(broker), first_retry_s=0.05)
    async with running(line), peer(broker, "gate") as gate:
        del gate
        broker.stop()
        await until(lambda: not line.connected)
        with pytest.raises(DeviceError) as caught:
            await line.pulse("gate/command", b"open")
        assert caught.value.fault is DeviceFault.OFFLINE
        with pytest.raises(DeviceError):
            await line.publish("supply/command", b"on")
        broker.start()
        async with peer(broker, "watcher") as watcher:
            await watcher.subscribe("#", qos=1)
            await line.in_step()
            await line.publish("after/all", b"1")
            async with asyncio.timeout(5):
                async for message in watcher.messages:
                    assert message.topic.value not in ("gate/command", "supply/command")
                    if message.topic.value == "after/all":
                        break


async def test_a_pulse_the_network_does_not_take_resets_the_connection(broker: Mosquitto) -> None:
    """What lies in a buffer when the cable is plugged in again must not open a gate."""
    async with _Proxy(broker) as proxy:
        line = MqttLine(settings(broker, port=proxy.port), first_retry_s=0.05)
        async with running(line), peer(broker, "watcher") as watcher:
            await watcher.subscribe("gate/#")
            proxy.stuck = True
            filler = asyncio.gather(
                *(line.publish("filler", b"x" * 250_000, qos=0) for _ in range(120)),
                return_exceptions=True,
            )
            await asyncio.sleep(0.2)
            with pytest.raises(DeviceError):
                await line.pulse("gate/command", b"open")
            await until(lambda: not line.connected, timeout=1)
            proxy.stuck = False
            await filler
            await line.in_step()
            await line.pulse("gate/later", b"1")
            message = await anext(aiter(watcher.messages))
            assert message.topic.value == "gate/later"


async def test_what_is_detached_is_unsubscribed_also_when_it_was_detached_offline(
    broker: Mosquitto,
) -> None:
    """A queue that nobody empties fills the broker, and readings of a removed meter come for ever."""
    kept, dropped = Inbox(), Inbox()
    line = MqttLine(settings(broker))
    line.attach(kept.listener("kept"))
    drop_now = line.attach(dropped.listener("dropped/now"))
    drop_later = line.attach(dropped.listener("dropped/later/+"))
    async with running(line), peer(broker) as device:
        drop_now()
        await line.in_step()
        await device.publish("dropped/now", b"1", qos=1)
        await device.publish("kept", b"1", qos=1)
        await kept.count(1)
    drop_later()
    assert "dropped/later/+" in line.filters
    async with running(line), peer(broker) as device:
        await device.publish("dropped/later/x", b"2", qos=1)
        await device.publish("kept", b"2", qos=1)
        await kept.count(2)
    assert not dropped.messages
    assert line.health.strays == 0
    assert line.filters == ("kept", f"prepaid_parking/{IDENTIFIER}/marker")


async def test_filters_of_an_earlier_run_are_cleaned_up(broker: Mosquitto) -> None:
    """A meter deleted while the hub was down leaves nothing behind at the broker."""
    before = MqttLine(settings(broker))
    before.attach(Inbox().listener("gone/exact", "gone/wild/#"))
    async with running(before):
        pass
    after = MqttLine(settings(broker), leftovers=["gone/wild/#"])
    inbox = Inbox()
    after.attach(inbox.listener("here"))
    async with running(after), peer(broker) as device:
        await device.publish("gone/wild/1", b"", qos=1)
        await device.publish("gone/exact", b"1", qos=1)
        await until(lambda: after.health.strays == 1)
        await after.in_step()
        await device.publish("gone/exact", b"2", qos=1)
        await device.publish("here", b"3", qos=1)
        await inbox.count(1)
        assert after.health.strays == 1


async def test_a_removed_line_leaves_no_session(broker: Mosquitto) -> None:
    """A broker collects for ever for a client that never comes back."""
    line = MqttLine(settings(broker))
    inbox = Inbox()
    line.attach(inbox.listener("meter/1"))
    async with running(line):
        pass
    await line.forget()
    async with peer(broker) as device:
        await device.publish("meter/1", b"1", qos=1)
    async with running(line):
        assert not inbox.messages


async def test_nobody_listens_to_our_own_commands(broker: Mosquitto) -> None:
    """Our wish read back as the device's state: a supply shown as cut that is on."""
    line = MqttLine(settings(broker))
    line.attach(Inbox().listener("relay/1/state", commands=("relay/1/set",)))
    for pattern in ("relay/#", "relay/+/set", "#", "relay/1/set"):
        with pytest.raises(CoreError) as caught:
            line.attach(Inbox().listener(pattern))
        assert caught.value.key == "covers_own_command"
    with pytest.raises(CoreError):
        line.attach(Inbox().listener("relay/2/#", commands=("relay/2/set",)))
    line.attach(Inbox().listener("indicate/#"))
    with pytest.raises(CoreError):
        line.attach(Inbox().listener("x", commands=("indicate/server/7",)))
    with pytest.raises(CoreError):
        await line.publish("indicate/server/7", b"on")


async def test_a_refused_listener_leaves_no_trace(broker: Mosquitto) -> None:
    """Half an attached device would be heard without being able to answer for it."""
    line = MqttLine(settings(broker))
    before = line.filters
    for bad in ("", "a/#/b", "a+", "#b", "nul\0"):
        with pytest.raises(CoreError):
            line.attach(Inbox().listener("fine", bad))
    with pytest.raises(CoreError):
        line.attach(Inbox().listener("fine", commands=("wild/+",)))
    assert line.filters == before


async def test_a_broken_payload_is_counted_told_once_and_stops_nobody(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    """One odd device must not silence a building, nor fill its log."""

    def refuse(message: Message) -> None:
        if message.payload == b"crash":
            raise ZeroDivisionError
        raise CoreError("payload_not_json")

    inbox = Inbox()
    line = MqttLine(settings(broker))
    line.attach(Listener(topics={"odd/+": 1}, receive=refuse))
    line.attach(inbox.listener("odd/1", "odd/2"))
    async with running(line), peer(broker) as device:
        for payload in (b"{", b"{", b"crash"):
            await device.publish("odd/1", payload, qos=1)
        await device.publish("odd/2", b"crash", qos=1)
        await device.publish("odd/2", b"x" * 300_000, qos=1)
        await inbox.count(4)
        await until(lambda: line.health.bad_payloads == 6)
        assert line.health.connects == 1
    told = [r for r in caplog.records if "not understood" in r.message]
    assert len(told) == 2


async def test_a_thousand_messages_at_once_leave_room_for_others(broker: Mosquitto) -> None:
    """While a gateway's buffer or our own queue empties, gates and cuts must still move."""
    inbox = Inbox()
    line = MqttLine(settings(broker))
    line.attach(inbox.listener("flood/#"))
    async with running(line):
        pass
    async with peer(broker) as device:
        for start in range(0, 1000, 50):
            some = range(start, start + 50)
            await asyncio.gather(*(device.publish(f"flood/{n}", b"1", qos=1) for n in some))
    waits: list[float] = []

    async def heartbeat() -> None:
        while len(inbox.messages) < 1000:
            began = process_time()  # What others on the machine take is not held against us.
            await asyncio.sleep(0)
            waits.append(process_time() - began)

    beat = asyncio.create_task(heartbeat())
    async with running(line):
        await inbox.count(1000)
        await beat
    assert len({message.topic for message in inbox.messages}) == 1000
    assert max(waits) < 0.1


async def test_an_answer_at_a_gate_does_not_wait_for_more(broker: Mosquitto) -> None:
    """With Nagle's algorithm on, every one takes 40 ms longer; the rush's benchmark measures the echo."""
    inbox = Inbox()
    line = MqttLine(settings(broker))
    line.attach(inbox.listener("echo/answer"))
    async with running(line), peer(broker) as device:
        await device.subscribe("echo/question", qos=1)

        async def answering() -> None:
            async for message in device.messages:
                await device.publish("echo/answer", message.payload, qos=1)

        answers = asyncio.create_task(answering())
        for number in range(100):
            await line.publish("echo/question", str(number))
            await inbox.count(number + 1)
        answers.cancel()
        await asyncio.wait((answers,))
        session = line._session
        assert session is not None
        sock = session.client._client.socket()
        assert isinstance(sock, socket.socket)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_an_encrypted_broker_with_a_password(tmp_path: Path) -> None:
    """The login crosses the building's network only encrypted."""
    lines, tls = certificate(tmp_path / "tls")
    with mosquitto(username="hub", password="right", settings=lines) as broker:
        inbox = Inbox()
        line = MqttLine(settings(broker), tls=tls)
        line.attach(inbox.listener("meter/1"))
        async with running(line), peer(broker, tls=tls) as device:
            await device.publish("meter/1", b"1", qos=1)
            await inbox.count(1)
        assert inbox.messages[0].live
        assert "right" not in repr(line.settings)


@pytest.mark.parametrize("version_5", [False, True])
async def test_a_wrong_password_is_refused_not_offline(version_5: bool) -> None:
    """A person must be asked for the right one; waiting does not help."""
    with mosquitto(username="hub", password="right") as broker:
        line = MqttLine(settings(broker, password="wrong", version_5=version_5))
        await line.start()
        await until(lambda: line.health.fault is not None)
        await line.stop()
        assert line.health.fault is DeviceFault.REFUSED
        assert "wrong" not in line.health.detail


async def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """Whoever can answer for the broker can open every gate."""
    lines, _ = certificate(tmp_path / "theirs")
    _, tls = certificate(tmp_path / "ours")
    with mosquitto(settings=lines) as broker:
        line = MqttLine(settings(broker), tls=tls)
        await line.start()
        await until(lambda: line.health.fault is not None)
        await line.stop()
        assert not line.health.connects
        assert "CERTIFICATE_VERIFY_FAILED" in line.health.detail


async def test_version_5_keeps_a_session_too(broker: Mosquitto) -> None:
    """A broker that speaks only the newer version must not lose readings either."""
    inbox = Inbox()
    line = MqttLine(settings(broker, version_5=True))
    line.attach(inbox.listener("meter/1"))
    async with running(line):
        await line.pulse("gate/command", b"open")
    async with peer(broker) as device:
        await device.publish("meter/1", b"queued", qos=1)
    async with running(line):
        (message,) = await inbox.count(1)
    assert message.burst


async def test_a_broker_that_forbids_the_marker_still_settles(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A strict access list must not mean that every plate counts as queued for ever."""
    monkeypatch.setattr("custom_components.prepaid_parking.links.mqtt_session.QUIET_S", 0.3)
    acl = tmp_path / "acl"
    acl.write_text("user hub\ntopic readwrite meter/#\n")
    with mosquitto(username="hub", password="p", settings=[f"acl_file {acl}"]) as broker:
        inbox = Inbox()
        line = MqttLine(settings(broker))
        line.attach(inbox.listener("meter/1"))
        async with running(line), peer(broker) as device:
            assert line.health.unmarked
            await device.publish("meter/1", b"1", qos=1)
            await inbox.count(1)
        assert inbox.messages[0].live


async def test_a_listener_is_greeted_once_the_line_has_settled(broker: Mosquitto) -> None:
    """A relay is asked for its position after each connect, not before it can answer."""
    greeted: list[str] = []

    async def hello() -> None:
        await line.publish("device/get", b"")
        greeted.append("hello")

    line = MqttLine(settings(broker), first_retry_s=0.05)
    early = Listener(topics={"a": 1}, receive=Inbox().receive, connected=hello)
    line.attach(early)
    async with running(line):
        await until(lambda: len(greeted) == 1)
        line.attach(Listener(topics={"b": 1}, receive=Inbox().receive, connected=hello))
        await until(lambda: len(greeted) == 2)
        broker.stop()
        await until(lambda: not line.connected)
        broker.start()
        await line.in_step()
        await until(lambda: len(greeted) == 4)


async def test_a_broker_that_stays_away_is_asked_less_and_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A dead broker must not be hammered, and one that came back must not wait for hours."""
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def no_time(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    monkeypatch.setattr("custom_components.prepaid_parking.links.mqtt.asyncio.sleep", no_time)
    line = MqttLine(MqttSettings(host="127.0.0.1", port=free_port(), identifier=IDENTIFIER))
    await line.start()
    async with asyncio.timeout(5):
        while len(pauses) < 8:
            await sleep(0.01)
    await line.stop()
    assert pauses[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert line.health.fault is DeviceFault.OFFLINE


async def test_a_broker_that_goes_as_we_hang_up_is_no_error_in_the_log(broker: Mosquitto) -> None:
    """A line that is removed while the broker restarts leaves nothing to wonder about."""
    said: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: said.append(context["message"]))
    client = BrokerClient(settings(broker), tls=None)
    await client.open()
    broker.stop()
    await until(client._disconnected.done)
    await client.close()
    del client
    gc.collect()
    await asyncio.sleep(0)
    assert said == []


async def test_stopping_while_the_broker_is_away_is_quick(broker: Mosquitto) -> None:
    """A hub that shuts down must not wait for a broker that does not answer."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        line = MqttLine(settings(broker, port=silent.getsockname()[1]))
        await line.start()
        await asyncio.sleep(0.1)
        began = perf_counter()
        await line.stop()
        assert perf_counter() - began < 2


class _Proxy:
    """A network in between that can stop moving bytes."""

    def __init__(self, broker: Mosquitto) -> None:
        self._broker = broker
        self._tasks: set[asyncio.Task[None]] = set()
        self.stuck = False
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._broker.host, self._broker.port)
        for source, target in ((reader, back), (there, writer)):
            self._tasks.add(asyncio.create_task(self._pump(source, target)))

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                while self.stuck:
                    await asyncio.sleep(0.01)
                target.write(data)
                await target.drain()
        except OSError:
            pass
        finally:
            target.close()
