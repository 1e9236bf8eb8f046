"""Errors that are answers for a person: a key to translate and what to fill in."""

from enum import StrEnum
from typing import override


class CoreError(Exception):
    """A request that the rules refuse.

    The key names a sentence in every language; the placeholders are its blanks. The words are made
    at the border, once, so that the same refusal reads the same at the desk, in a log and in a test.
    """

    def __init__(self, key: str, /, **placeholders: object) -> None:
        """Name the refusal and fill its blanks."""
        super().__init__(key, placeholders)
        self.key = key
        self.placeholders: dict[str, str] = {
            name: str(value) for name, value in placeholders.items()
        }

    @override
    def __str__(self) -> str:
        blanks = ", ".join(f"{name}={value}" for name, value in self.placeholders.items())
        return f"{self.key}({blanks})"


class ConflictError(CoreError):
    """The same reference came with other content, or the state moved on underneath."""


class DeviceFault(StrEnum):
    """What went wrong on the way to a device."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REFUSED = "refused"
    GARBLED = "garbled"
    OFFLINE = "offline"
    UNSUPPORTED = "unsupported"


class DeviceError(Exception):
    """A device did not do, or did not say, what it was asked."""

    def __init__(self, fault: DeviceFault, detail: str = "") -> None:
        """Keep the kind for decisions and the detail for the log."""
        super().__init__(f"{fault}: {detail}" if detail else str(fault))
        self.fault = fault
        self.detail = detail


class StoreError(Exception):
    """The durable side could not write or read; nothing was acknowledged."""

    def __init__(self, key: str, detail: str = "") -> None:
        """Name the trouble by a translatable key: disk_full, read_only, corrupt, closed, failed."""
        super().__init__(f"{key}: {detail}" if detail else key)
        self.key = key
        self.detail = detail
