"""Killed between any two steps of receiving and sending, and started anew: everything was stored, taken in, answered and sent once.

Every side effect is a step: a rename, a removal, a file written, a commit. The hub dies before or after one of them, often
several times in a row, and another process takes over what the dead one had claimed.
`KILLS=200` in the environment asks for more than the share of CI.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.clock import FixedClock
from hub.store.migrate import DEMO_TENANT
from hub.store.unit import Store
from hub.transport import file_drop_out, file_drop_work
from hub.transport.file_drop_work import Process
from tests.functional.followed import ASLAUG, TWO_SERVICES, Followed
from tests.functional.hub_client import Client
from tests.functional.test_receiving import admitted
from tests.message_builders import msg_id

KILLS = int(os.environ.get("KILLS", "24"))
STEPS_AT_MOST = 60


class Killed(BaseException):
    """The process is gone."""


class Reaper:
    """Counts steps and kills at the chosen one, before it or after it."""

    def __init__(self) -> None:
        self.left = -1
        self.after = False
        self.steps = 0

    def aim(self, left: int, *, after: bool) -> None:
        self.left, self.after, self.steps = left, after, 0

    def _now(self) -> bool:
        self.steps += 1
        if self.left < 0:
            return False
        self.left -= 1
        return self.left < 0

    def around(self, deed: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **more: Any) -> Any:
            fatal = self._now()
            if fatal and not self.after:
                raise Killed
            done = deed(*args, **more)
            if fatal:
                raise Killed
            return done

        return step

    def around_commit(self, write: Callable[..., Any]) -> Callable[..., Any]:
        async def step(*args: Any, **more: Any) -> Any:
            fatal = self._now()
            if fatal and not self.after:
                raise Killed
            done = await write(*args, **more)
            if fatal:
                raise Killed
            return done

        return step


@pytest.fixture
def reaper(monkeypatch: pytest.MonkeyPatch) -> Reaper:
    made = Reaper()
    monkeypatch.setattr(Store, "write", made.around_commit(Store.write))
    monkeypatch.setattr(Path, "rename", made.around(Path.rename))
    monkeypatch.setattr(Path, "unlink", made.around(Path.unlink))
    for module in (file_drop_out, file_drop_work):
        monkeypatch.setattr(module, "write_synced", made.around(module.write_synced))
    return made


class Lives:
    """A hub that dies and is born again, each time as another process."""

    def __init__(self, make: Callable[..., Client], clock: FixedClock, folder: Path) -> None:
        self.make, self.clock, self.folder = make, clock, folder
        self.number = 0
        self.post = self.born()

    def born(self) -> Followed:
        self.number += 1
        number = self.number
        post = Followed(self.make, self.clock, self.folder, TWO_SERVICES)
        post.loop.incoming.process = Process("host", number)
        post.loop.incoming.alive = lambda pid: pid == number
        return post

    def work(self) -> None:
        """One round of everything; a death ends it and another life begins."""
        try:
            self.post.take_in()
            self.post.look_after()
        except Killed:
            self.post = self.born()


def batch(number: int) -> dict[str, bytes]:
    """Files of one round: taken in, refused, held, the first one again, and no message at all."""
    first, refused, held = (number * 10 + n for n in (1, 2, 3))
    return {
        "a": admitted(first),
        "b": admitted(refused).replace(b">false</po:Anslag>", b">kanskje</po:Anslag>"),
        "c": admitted(held).replace(b"12834812019", b"15076500565").replace(b"Aslaug", b"Bjarte"),
        "d": admitted(first),
        "e": b"Hei",
    }


ROUND = {"imported": 1, "rejected": 1, "held": 1, "duplicate": 1, "quarantined": 1}


@pytest.mark.timeout(120 + KILLS * 6)
@pytest.mark.slow
def test_killed_between_any_two_steps_nothing_is_lost_and_nothing_doubled(
    make_client: Callable[..., Client], clock: FixedClock, tmp_path: Path, reaper: Reaper
) -> None:
    dice = random.Random(KILLS)
    lives = Lives(make_client, clock, tmp_path / "drop")
    lives.post.client.create(ASLAUG)
    kills = rounds = 0
    while kills < KILLS:
        for name, data in batch(rounds).items():
            (lives.post.drop.inbox / f"{rounds:03}{name}.xml").write_bytes(data)
        before = lives.number
        while True:
            reaper.aim(dice.randrange(STEPS_AT_MOST), after=dice.random() < 0.5)
            life = lives.number
            lives.work()
            if lives.number == life:  # it got through the round alive
                break
        kills += lives.number - before
        rounds += 1
        reaper.aim(-1, after=False)
        settle(lives)
        check(lives.post, rounds)

    assert kills >= KILLS


def settle(lives: Lives) -> None:
    """What waits for its time (a try again after half a minute) is done."""
    for _ in range(3):
        lives.clock.at += timedelta(seconds=45)
        lives.work()


def states(post: Followed) -> list[str]:
    def find(unit: Any) -> list[str]:
        return [r.state for r in unit.inbox.recent(DEMO_TENANT, 10_000)]

    return post.client.runner.run(post.hub.store.read(find))


def check(post: Followed, rounds: int) -> None:
    """Stored, imported, receipted, sent: as many as there must be, and no half file anywhere."""
    assert {k: n * rounds for k, n in ROUND.items()} == Counter(states(post))
    made = Counter(m.sent_for for m in post.messages("APPREC"))
    expected = {msg_id(n * 10 + k): 1 for n in range(rounds) for k in (1, 2)}
    assert expected == made
    out = [p for p in post.drop.out.iterdir() if p.is_file()]
    assert 2 * rounds == len(out) == len({p.name.split("_")[1] for p in out})
    assert {"Written"} == {m.state for m in post.messages("APPREC")}
    for half in (
        post.drop.tmp.iterdir()
    ):  # of a dead writer; nobody reads here, and it goes after ten minutes
        os.utime(half, (0, 0))
    post.look_after()
    assert [] == list(post.drop.tmp.iterdir())
    assert 4 * rounds == len(post.files(post.drop.archive))
    assert rounds == len(list(post.drop.quarantine.glob("*.xml")))
    assert [] == list(post.drop.work.rglob("*.xml"))
    assert rounds == len(post.tasks(code="match-patient"))
    assert rounds == len(post.client.search("Communication?_count=500"))
