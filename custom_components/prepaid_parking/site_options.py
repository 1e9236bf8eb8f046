"""What a site's options say, brought to whatever goes by it: as the site is opened, and when they change."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from .const import (
    CONF_CHECKPOINT_S,
    CONF_DESK_OPEN,
    CONF_PAY_PAGE,
    CONF_PICTURE_DAYS,
    CONF_PUBLISH_S,
    CONF_RESTORE_SPACING_S,
    DEFAULT_CHECKPOINT_S,
    DEFAULT_PICTURE_DAYS,
    DEFAULT_RESTORE_SPACING_S,
)
from .coordinator import COUNTERS_EVERY_S, PrepaidData
from .thresholds import thresholds_of


def go_by(data: PrepaidData, options: Mapping[str, Any]) -> None:
    """Have a site go by these options from now on."""
    site = data.site
    site.can_pay = options.get(CONF_DESK_OPEN, True)
    site.pay_visits.is_open = options.get(CONF_PAY_PAGE, False)
    site.hinting.thresholds = thresholds_of(options)
    site.supplying.stagger.spacing_s = float(
        options.get(CONF_RESTORE_SPACING_S, DEFAULT_RESTORE_SPACING_S)
    )
    data.pictures.days = int(options.get(CONF_PICTURE_DAYS, DEFAULT_PICTURE_DAYS))
    data.coordinator.counters_every = options.get(CONF_PUBLISH_S, COUNTERS_EVERY_S)
    checkpoint_s = options.get(CONF_CHECKPOINT_S, DEFAULT_CHECKPOINT_S)
    data.keeper.checkpoint_every = timedelta(seconds=checkpoint_s)
