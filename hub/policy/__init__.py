"""Who may do what: `authorise` is the one policy function; repository methods take the Permit it gives."""

from hub.policy.decide import (
    Action,
    Actor,
    Deny,
    Permit,
    RowFilter,
    authorise,
    is_written_by_hub_alone,
)

__all__ = ["Action", "Actor", "Deny", "Permit", "RowFilter", "authorise", "is_written_by_hub_alone"]
