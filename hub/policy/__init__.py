"""Who may do what: `authorise` is the one policy function; repository methods take the Permit it gives."""

from hub.policy.decide import Action, Actor, Deny, Permit, RowFilter, authorise

__all__ = ["Action", "Actor", "Deny", "Permit", "RowFilter", "authorise"]
