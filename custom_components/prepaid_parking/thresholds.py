"""From when on a meter is said not to fit: what the site's options say of it."""

from collections.abc import Mapping
from typing import Any, Final

from .const import CONF_HINT_REVERSE, CONF_IDLE_DAYS, CONF_LOSS_PERCENT, CONF_MORE_PERCENT
from .core.tamper import Thresholds

USUAL: Final = Thresholds()
PERCENT_MICRO: Final = 10_000
"""A percent in millionths."""
DEFAULTS: Final[Mapping[str, Any]] = {
    CONF_IDLE_DAYS: USUAL.idle_days,
    CONF_MORE_PERCENT: USUAL.more_percent,
    CONF_LOSS_PERCENT: USUAL.loss_micro // PERCENT_MICRO,
    CONF_HINT_REVERSE: USUAL.reverse,
}


def thresholds_of(options: Mapping[str, Any]) -> Thresholds:
    """Return the thresholds that were chosen, the usual where nothing was."""
    chosen = {**DEFAULTS, **options}
    return Thresholds(
        idle_days=int(chosen[CONF_IDLE_DAYS]),
        more_percent=int(chosen[CONF_MORE_PERCENT]),
        loss_micro=int(chosen[CONF_LOSS_PERCENT]) * PERCENT_MICRO,
        reverse=bool(chosen[CONF_HINT_REVERSE]),
    )
