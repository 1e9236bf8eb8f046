"""A call for a visitor's car: whoever looks at the demo need not wait until one comes by chance."""

from collections.abc import Callable
from typing import Final, override

from .mqtt_device import Command, MqttDevice

TOPIC: Final = "demo/visitor"
"""Takes `in` or `out`."""


class VisitorCall(MqttDevice):
    """Hears who is to come or to leave next."""

    profile = "visitor_call"

    def __init__(self, called: Callable[[str], None]) -> None:
        """Know whom to tell."""
        super().__init__("visitor-call", name="Call for a visitor")
        self._called = called

    @property
    @override
    def command_topics(self) -> tuple[str, ...]:
        return (TOPIC,)

    @override
    async def obey(self, command: Command) -> None:
        if command.payload in {"in", "out"}:
            self._called(command.payload)
