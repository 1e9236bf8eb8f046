"""What was chosen in a site's options holds at once, and still holds after a restart."""

from datetime import timedelta

from tests.journeys.conftest import Hub

CHOSEN = {
    "desk_open": False,
    "restore_spacing_s": 7,
    "picture_days": 3,
    "publish_s": 20,
    "checkpoint_s": 15,
    "idle_days": 9,
}


def gone_by(hub: Hub) -> dict[str, object]:
    """What the site goes by."""
    site, data = hub.data.site, hub.data
    return {
        "desk_open": site.can_pay,
        "restore_spacing_s": site.supplying.stagger.spacing_s,
        "picture_days": data.pictures.days,
        "publish_s": data.coordinator.counters_every,
        "checkpoint_s": data.keeper.checkpoint_every / timedelta(seconds=1),
        "idle_days": site.hinting.thresholds.idle_days,
    }


async def test_what_was_chosen_holds_at_once_and_after_a_restart(hub: Hub) -> None:
    """A desk that was closed in the evening must not be open again after the night's update."""
    hub.hass.config_entries.async_update_entry(hub.entry, options=CHOSEN)
    await hub.hass.async_block_till_done()
    assert gone_by(hub) == CHOSEN
    await hub.stop()
    await hub.start()
    assert gone_by(hub) == CHOSEN
