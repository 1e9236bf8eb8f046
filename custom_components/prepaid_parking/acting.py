"""Who acts: the hub's context of a call, turned into the actor that the books record.

The hub has no permissions per entity, so every act that moves money, a supply, a barrier or a policy
passes through here first, also one that comes through an entity.
"""

from homeassistant.components.http import KEY_HASS_USER
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers.http import current_request

from .core.identity import Actor, ActorKind


async def acting(hass: HomeAssistant, context: Context | None) -> Actor:
    """Return who acts, or refuse a user who is no administrator.

    A call without a user comes from an automation or a script, which an administrator wrote.
    """
    if context is None or context.user_id is None:
        return Actor(kind=ActorKind.AUTOMATION)
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise UnknownUser(context=context)
    if not user.is_admin:
        raise Unauthorized(context=context)
    return Actor(kind=ActorKind.USER, id=user.id)


def asking() -> Context:
    """Return the context of who sent the request that is answered: a dialogue's steps are given none.

    Without a request there is nobody: an automation or a script goes through the dialogue.
    """
    request = current_request.get()
    user = request.get(KEY_HASS_USER) if request is not None else None
    return Context(user_id=user.id if user is not None else None)
