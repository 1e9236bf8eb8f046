"""The demo: a simulated building, a broker and a hub that is set up as a user would set it up.

The building is described beside its simulator, inside the integration. Importing that package would
import the hub, which takes seconds and is not needed here: a bare module that only knows the folder
takes its place.
"""

from pathlib import Path
import sys
from types import ModuleType
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
INTEGRATION: Final = ROOT / "custom_components" / "prepaid_parking"

_package = ModuleType("custom_components.prepaid_parking")
_package.__path__ = [str(INTEGRATION)]
sys.modules.setdefault(_package.__name__, _package)
