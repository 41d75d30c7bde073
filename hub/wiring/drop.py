"""The file drop, composed: what looks into it, writes to it and tells how it fares."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hub.clock import Clock, SystemClock, monotonic
from hub.flows.message_state import MessageState
from hub.flows.receive_message import ReceiveMessage
from hub.settings import Settings
from hub.store.migrate import DEMO_TENANT
from hub.store.unit import Store
from hub.transport.file_drop import prepare, standard_drop
from hub.transport.file_drop_in import FileDropIn
from hub.transport.file_drop_out import FileDropOut
from hub.transport.file_drop_scan import ReadRules
from hub.wiring.pace import Pace
from hub.workers.drop_loop import DropLoop
from hub.workers.giving_way import GivingWay


def drop_loop(
    settings: Settings,
    clock: Clock,
    now: Callable[[], datetime],
    store: Store,
    receive: ReceiveMessage,
    states: MessageState,
    pace: Pace,
    giving_way: GivingWay,
) -> DropLoop | None:
    """Settings, time, store and what messages go through → the drop's rounds; None when no drop is set up."""
    if settings.filedrop is None:
        return None
    drop = standard_drop(settings.filedrop)
    troubles = prepare(drop)

    loop = DropLoop(
        store.narrow("track"),
        drop,
        FileDropIn(
            drop,
            clock.now,
            clock.new_id,
            monotonic(),
            rules=ReadRules(settle_s=pace.settle_s, max_bytes=settings.max_message_bytes),
        ),
        FileDropOut(drop),
        receive,
        now,
        DEMO_TENANT,
        states.changed,
        settings.keep,
        isinstance(clock, SystemClock),
        giving_way,
    )
    loop.outgoing.tidy()
    loop.troubles.update({f"start-{n}": t.detail for n, t in enumerate(troubles)})
    return loop
