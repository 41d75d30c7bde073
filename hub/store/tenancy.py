"""Whose rows a transaction sees, where the database itself can keep the others away: PostgreSQL's row security.

Every statement names its tenant anyhow; this is the net behind it, for the one that forgets. The hub's own work (queues, the clock,
commands) goes through all tenants; what somebody asks for sees nothing until a Permit has named the tenant.
SQLite has nothing like it: there a test reads every statement (tests/functional/test_tenant_in_every_statement.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

EVERY: Final = "*"
"""The hub's own work: the rows of all tenants."""
NOBODY: Final = ""
"""No Permit yet: no rows at all."""


def entrance(connection: Any) -> Callable[[int], None] | None:
    """A connection → nothing is seen through it until a tenant is named; → how to name it, None where nobody is kept away."""
    tell = getattr(connection, "to_tenant", None)
    if tell is None:
        return None
    tell(NOBODY)
    return lambda tenant_id: tell(str(tenant_id))
