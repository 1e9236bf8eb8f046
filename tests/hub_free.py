"""Import core and operations under their real names where the hub is not installed.

The integration's own package imports the hub. Where there is none, a bare module that only knows
the folder takes its place, so that the rules of money are tested without anything around them.
"""

from importlib.util import find_spec
from pathlib import Path
import sys
from types import ModuleType
from typing import Final

PACKAGE: Final = "custom_components.prepaid_parking"
FOLDER: Final = Path(__file__).parent.parent / "custom_components" / "prepaid_parking"


def hub_is_installed() -> bool:
    """Whether the hub's package can be imported here."""
    return find_spec("homeassistant") is not None


def stand_in_for_the_package(*, always: bool = False) -> None:
    """Put a bare module in the integration's place, unless the real one can be imported.

    `always` is for a process of its own that has no use for the hub and must start fast.
    """
    if PACKAGE in sys.modules or (hub_is_installed() and not always):
        return
    module = ModuleType(PACKAGE)
    module.__path__ = [str(FOLDER)]
    sys.modules[PACKAGE] = module
