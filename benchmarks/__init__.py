"""What the program costs, as ratios to a named baseline measured in the same run."""

from pathlib import Path
import sys
from types import ModuleType
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]

_NAME: Final = "custom_components.prepaid_parking"
if _NAME not in sys.modules:
    _package = ModuleType(_NAME)
    _package.__path__ = [str(ROOT / "custom_components" / "prepaid_parking")]
    sys.modules[_NAME] = _package
