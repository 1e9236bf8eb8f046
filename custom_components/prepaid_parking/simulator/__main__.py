"""Run the demo site: as a module of the package, or by the path of this folder.

By path nothing of the integration around it is imported, so that no hub is needed. The folder
itself must not be searched for modules then: its `site.py` would stand before Python's own.
"""

from collections.abc import Callable
from importlib import import_module
import importlib.util
from pathlib import Path
import sys

_FOLDER = Path(__file__).resolve().parent
_BY_PATH = "prepaid_parking_simulator"


def _program() -> Callable[[], int]:
    package = __package__
    if not package:
        package = _BY_PATH
        sys.path[:] = [place for place in sys.path if Path(place).resolve() != _FOLDER]
        spec = importlib.util.spec_from_file_location(
            package, _FOLDER / "__init__.py", submodule_search_locations=[str(_FOLDER)]
        )
        assert spec is not None
        assert spec.loader is not None
        sys.modules[package] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[package])
    program: Callable[[], int] = import_module(f"{package}.app").main
    return program


if __name__ == "__main__":
    sys.exit(_program()())
