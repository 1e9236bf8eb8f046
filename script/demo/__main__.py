"""The command line of the demo: script/develop."""

import argparse
import asyncio
from pathlib import Path
import sys

from . import ROOT, show
from .app import Options, run
from .trouble import DemoError


def main() -> int:
    """Run the demo; what is in the way is said in a sentence."""
    asked = _parser().parse_args()
    options = Options(
        folder=asked.folder.resolve(), fast=asked.fast, fresh=asked.fresh, port=asked.port
    )
    try:
        asyncio.run(run(options))
    except DemoError as err:
        show.warn(str(err))
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="script/develop",
        description="Run the demo: a simulated building, an MQTT broker and a hub that is set up.",
        epilog="MQTT_URL=mqtt://user:password@host:port uses a broker that is there.",
    )
    parser.add_argument(
        "--fast",
        action="store_true",
        help="let one wallet run empty within two minutes: warning, grace, cut, restore",
    )
    parser.add_argument("--fresh", action="store_true", help="forget everything and start over")
    parser.add_argument("--port", type=int, help="the hub's port (8123, or the next free one)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / ".demo",
        help="where the demo keeps its things (.demo, which git ignores)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
