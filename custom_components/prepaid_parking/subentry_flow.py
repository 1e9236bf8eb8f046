"""Lines, meters and lanes: what hangs under a site, each proven by a live probe."""

from collections.abc import Mapping
from typing import Final

from homeassistant.config_entries import ConfigSubentryFlow

from .const import SUBENTRY_CHANNEL, SUBENTRY_LANE, SUBENTRY_LINE, SUBENTRY_METER, SUBENTRY_OFFICE
from .flow_channel import ChannelFlow
from .flow_lane import LaneFlow
from .flow_line import LineFlow
from .flow_meter import MeterFlow
from .flow_office import OfficeFlow

SUBENTRY_FLOWS: Final[Mapping[str, type[ConfigSubentryFlow]]] = {
    SUBENTRY_LINE: LineFlow,
    SUBENTRY_METER: MeterFlow,
    SUBENTRY_LANE: LaneFlow,
    SUBENTRY_OFFICE: OfficeFlow,
    SUBENTRY_CHANNEL: ChannelFlow,
}
