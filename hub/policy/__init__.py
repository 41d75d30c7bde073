"""Who may do what: `authorise` is the one policy function; repository methods take the Permit it gives."""

from hub.policy.action import Action
from hub.policy.actor import NO_TENANT, Actor, ActorKind, Attest, Organisation, Person
from hub.policy.decide import authorise, is_written_by_hub_alone
from hub.policy.permit import Deny, Permit, RowFilter, may_see
from hub.policy.rows import Rows
from hub.policy.scopes import Scope, parse_scope, parse_scopes

__all__ = [
    "NO_TENANT",
    "Action",
    "Actor",
    "ActorKind",
    "Attest",
    "Deny",
    "Organisation",
    "Permit",
    "Person",
    "RowFilter",
    "Rows",
    "Scope",
    "authorise",
    "is_written_by_hub_alone",
    "may_see",
    "parse_scope",
    "parse_scopes",
]
