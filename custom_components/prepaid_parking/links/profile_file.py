"""From a data file, or from what a person entered, to a checked profile."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from .blocks import Block
from .fields import Fields, ProfileError
from .meter_file import MeterFile
from .profile import (
    About,
    BarrierProfile,
    Confidence,
    MeterProfile,
    Parity,
    Profile,
    SerialLine,
)
from .registers import Space

SCHEMA: Final = 1
SHIPPED: Final = Path(__file__).parent / "profiles"
_LAST_ADDRESS: Final = 0xFFFF
_MOST_BYTES: Final = 64_000
"""A profile has two screens; a file this long is something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """Every usable profile by its id, and what is wrong with the others."""

    known: Mapping[str, Profile]
    broken: tuple[ProfileError, ...] = ()

    @property
    def meters(self) -> dict[str, MeterProfile]:
        """The meters among them."""
        return {key: one for key, one in self.known.items() if isinstance(one, MeterProfile)}

    @property
    def barriers(self) -> dict[str, BarrierProfile]:
        """The relay boards for barriers among them, boards without a name last: a dialogue takes the first."""
        boards = {key: one for key, one in self.known.items() if isinstance(one, BarrierProfile)}
        return dict(sorted(boards.items(), key=lambda one: one[1].about.experimental))


def load_profiles(own: Path | None = None) -> Profiles:
    """Read the shipped profiles (once) and a site's own; reads files, so never in the event loop.

    A broken file is reported and leaves the others as they are. A shipped name cannot be taken: a
    site's meters must not change their meaning because a file appeared.
    """
    shipped = _shipped()
    if own is None or not own.is_dir():
        return shipped
    added, broken = _load(sorted(own.glob("*.yaml")))
    taken = [key for key in added if key in shipped.known]
    broken += [
        ProfileError(f"{key}.yaml", "(top)", "is the name of a shipped one") for key in taken
    ]
    return Profiles(known={**added, **shipped.known}, broken=(*shipped.broken, *broken))


def build_profile(profile_id: str, content: object, *, source: str = "") -> Profile:
    """Check a profile's content and give it its types."""
    top = Fields(source or profile_id, content)
    top.whole("schema", SCHEMA, SCHEMA)
    if top.text("link") != "modbus":
        raise top.error("link", "must be modbus")
    kind = top.text("kind")
    about = _about(profile_id, top)
    match kind:
        case "meter":
            profile: Profile = MeterFile(about, top).profile()
        case "barrier":
            profile = _barrier(about, top)
        case _:
            raise top.error("kind", "must be one of: meter, barrier")
    top.done()
    return profile


@cache
def _shipped() -> Profiles:
    known, broken = _load(sorted(SHIPPED.glob("*.yaml")))
    return Profiles(known=known, broken=tuple(broken))


def _load(paths: Iterable[Path]) -> tuple[dict[str, Profile], list[ProfileError]]:
    known: dict[str, Profile] = {}
    broken: list[ProfileError] = []
    for path in paths:
        try:
            known[path.stem] = build_profile(path.stem, _content(path), source=path.name)
        except ProfileError as err:
            broken.append(err)
    return known, broken


def _content(path: Path) -> object:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            raise ProfileError(path.name, "(top)", "is too long")
        return yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as err:
        problem = " ".join(str(err).split())
        raise ProfileError(path.name, "(top)", f"cannot be read: {problem}") from err


def _about(profile_id: str, top: Fields) -> About:
    confidence = top.choice("confidence", Confidence)
    experimental = top.flag("experimental")
    if not experimental and not confidence.may_switch:
        raise top.error("experimental", f"must be true: the sources are {confidence}")
    line = SerialLine()
    if top.has("line"):
        fields = top.child("line")
        line = SerialLine(
            baudrate=fields.whole("baudrate", 300, 1_000_000, 9600),
            data_bits=fields.whole("data_bits", 7, 8, 8),
            parity=fields.choice("parity", Parity, Parity.NONE),
            stop_bits=fields.whole("stop_bits", 1, 2, 1),
        )
        fields.done()
    return About(
        id=profile_id,
        name=top.text("name"),
        manufacturer=top.text("manufacturer"),
        model=top.text("model"),
        confidence=confidence,
        experimental=experimental,
        data_sheet=top.text("data_sheet"),
        line=line,
    )


def _barrier(about: About, top: Fields) -> BarrierProfile:
    def run(key: str, space: Space) -> Block:
        fields = top.child(key)
        block = Block(
            space=space,
            address=fields.whole("address", 0, _LAST_ADDRESS),
            count=fields.whole("count", 1, 256),
        )
        fields.done()
        return block

    return BarrierProfile(
        about=about,
        coils=run("coils", Space.COIL),
        inputs=run("inputs", Space.DISCRETE) if top.has("inputs") else None,
        pulse_seconds=top.exact("pulse_seconds", "1"),
    )
