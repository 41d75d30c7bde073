"""The access log as it lies in the database, its entries built as readers get them."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.store.audit_facts import ROW, with_events
from tests.builders import Json


def logged(connection: Any) -> dict[tuple[int, int], bytes]:
    """A connection → the AuditEvents of all tenants, by tenant and place, in order."""
    rows = connection.execute(
        f"SELECT r.tenant_id, r.seq, {ROW} FROM audit_event r ORDER BY r.tenant_id, r.seq", ()
    ).fetchall()
    return {(tenant, seq): event for tenant, seq, *_, event in with_events(rows)}


def log_of(connection: Any, tenant: int) -> list[Json]:
    """A connection and a tenant → its AuditEvents, oldest first."""
    return [
        msgspec.json.decode(event) for (of, _), event in logged(connection).items() if of == tenant
    ]
