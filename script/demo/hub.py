"""The hub of the demo: its files before the first start, and waiting until it runs."""

from datetime import UTC, datetime
import json
from pathlib import Path
import sys
from typing import Any, Final
from zoneinfo import ZoneInfo

from . import ROOT
from .client import Data, Hub
from .parts import Part
from .patience import until
from .places import HOST, Places
from .trouble import DemoError

_BLUEPRINTS: Final = ROOT / "blueprints"
_LISTS: Final = Path(__file__).parent / "lists.yaml"
_ATTENDANT: Final = Path(__file__).parent / "attendant.yaml"
_PACKAGES: Final = """\
homeassistant:
  packages:
    attendant: !include attendant.yaml
"""
_COUNTRY: Final = "DE"
"""Where the invented building stands; a hub without a country asks for one."""
RESTART: Final = 100
"""The status with which the hub asks to be started again, for its own "Restart" button."""
READY_S: Final = 90.0
_STOP_S: Final = 60.0
_PARTS: Final = (
    "automation",
    "backup",
    "blueprint",
    "config",
    "conversation",
    "energy",
    "frontend",
    "history",
    "logbook",
    "mobile_app",
    "recorder",
    "script",
    "system_health",
)
"""What a building's hub is made of. `default_config` would want the internet and binaries."""
_LOGGER: Final = """\
logger:
  default: warning
  logs:
    # Programs for pictures and films, which the phone app's part looks for and a demo does not need.
    haffmpeg: critical
    homeassistant.components.camera.img_util: critical
    homeassistant.components.ffmpeg: critical
"""


def hub_part(places: Places) -> Part:
    """Return the hub's process."""
    return Part(
        name="hub",
        command=[
            sys.executable,
            "-m",
            "homeassistant",
            "--skip-pip",
            "--config",
            str(places.config),
        ],
        log=places.logs / "hub.log",
        patience_s=_STOP_S,
    )


def write_config(places: Places, port: int, *, pages: bool = True) -> None:
    """Write what the hub must find: its parts, the link to the integration, where it listens.

    Without `pages` it does nothing of its own: no lists for cards, no attendant's buttons.
    """
    config = places.config
    config.mkdir(parents=True, exist_ok=True)
    settings = config / "configuration.yaml"
    if not settings.exists():
        parts = [f"{part}:" for part in _PARTS]
        parts[parts.index("automation:")] = "automation: !include automations.yaml"
        parts[parts.index("script:")] = "script: !include scripts.yaml"
        lists = ["template: !include lists.yaml"] if pages else []
        settings.write_text("\n".join([*parts, *lists, _LOGGER]))
        (config / "automations.yaml").write_text("[]\n")
        (config / "scripts.yaml").write_text("{}\n")
    written = settings.read_text()
    if pages and _PACKAGES not in written:
        settings.write_text(_PACKAGES + written)
    _link(config / "attendant.yaml", _ATTENDANT)
    _link(config / "lists.yaml", _LISTS)
    _link(config / "custom_components", ROOT / "custom_components")
    for blueprint in _BLUEPRINTS.glob("**/*.yaml"):
        # File by file: the hub does not look into a folder that is linked.
        _link(config / "blueprints" / blueprint.relative_to(_BLUEPRINTS), blueprint)
    storage = config / ".storage"
    storage.mkdir(exist_ok=True)
    _store(storage / "http", 2, 2, _http(port))
    onboarding = storage / "onboarding"
    if not onboarding.exists():
        # The step that is missing creates the user; `core_config` would start internet services.
        _store(onboarding, 4, 1, {"done": ["core_config", "analytics", "integration"]})


async def wait_until_running(hub: Hub) -> None:
    """Wait until the hub has started everything."""

    async def running() -> Data | None:
        config: Data = await hub.ask("get_config")
        return config if config["state"] == "RUNNING" else None

    if not await until(running, READY_S):
        message = f"The hub is still starting after {READY_S:.0f} s."
        raise DemoError(message)


async def settle_down(hub: Hub, name: str, currency: str) -> None:
    """Tell the hub where it stands: the day curve of the building follows this machine's clock."""
    config: Data = await hub.ask("get_config")
    wanted = {
        "location_name": name,
        "country": _COUNTRY,
        "currency": currency,
        "time_zone": _time_zone(),
        "unit_system": "metric",
    }
    shown = {**config, "unit_system": "metric" if config["unit_system"]["length"] == "km" else ""}
    changed = {key: value for key, value in wanted.items() if shown.get(key) != value}
    if changed:
        await hub.ask("config/core/update", **changed)


def _http(port: int) -> Data:
    stable = {
        "server_host": [HOST],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": False,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
        "created_at": datetime.now(UTC).isoformat(),
        "error": None,
        "error_message": None,
    }
    return {"stable": stable, "pending": None, "yaml_migration_done": True}


def _store(path: Path, version: int, minor: int, data: Data) -> None:
    written: dict[str, Any] = {
        "version": version,
        "minor_version": minor,
        "key": path.name,
        "data": data,
    }
    path.write_text(json.dumps(written, indent=2))


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() and path.resolve() == target:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def _time_zone() -> str:
    """Return this machine's time zone by name, UTC where it has none."""
    place = Path("/etc/localtime")
    name = str(place.resolve()).partition("zoneinfo/")[2] if place.exists() else ""
    try:
        ZoneInfo(name)
    except ValueError, OSError:
        return "UTC"
    return name or "UTC"
