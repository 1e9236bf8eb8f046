"""Words for what people read outside the hub's own pages: statements, bills, receipts.

The hub's translations cover what the hub shows. A printed page or a message is made here, in the
language its reader asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.json import load_json_object

from .const import DOMAIN

FOLDER: Final = Path(__file__).parent / "words"
LANGUAGES: Final = ("en", "zh-Hans")
MAIN: Final = {"en": "en", "zh": "zh-Hans"}
MOST_ACCEPTED: Final = 200
"""Signs of what a browser says it likes; nobody reads more languages."""
WORDS: HassKey[dict[str, Words]] = HassKey(f"{DOMAIN}_words")


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language, by key."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **blanks: object) -> str:
        """Say a sentence with its blanks filled in."""
        return self.texts[key].format(**blanks)


async def async_words(hass: HomeAssistant, language: str = "") -> Words:
    """Return the words of a language; of the hub's own where none is named, else English."""
    if WORDS not in hass.data:
        hass.data[WORDS] = await hass.async_add_executor_job(_load)
    return hass.data[WORDS][_known(language or hass.config.language)]


def _load() -> dict[str, Words]:
    return {
        language: Words(
            language,
            {key: str(text) for key, text in load_json_object(FOLDER / f"{language}.json").items()},
        )
        for language in LANGUAGES
    }


def _known(language: str) -> str:
    """Return the language we have for one that was asked for: all of Chinese is written simplified."""
    return "zh-Hans" if language.lower().startswith("zh") else "en"


def liked_most(accepted: str) -> str:
    """Return which of our languages a browser likes most (its Accept-Language); "" where neither."""
    best, liking = "", 0.0
    for part in accepted[:MOST_ACCEPTED].split(","):
        name, _, weight = part.strip().partition(";")
        main = name.strip().lower().partition("-")[0]
        if main in MAIN and (liked := _weight(weight)) > liking:
            best, liking = MAIN[main], liked
    return best


def _weight(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q=")) if text.strip() else 1.0
    except ValueError:
        return 0.0
