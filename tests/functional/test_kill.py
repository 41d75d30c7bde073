"""Nothing is lost and nothing doubled when the real server is killed in the middle of its work (figure F10).

`KILLS=200` in the environment asks for more kills than the twenty of CI; `python bench/kills.py 200` is the same with a report.
"""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.kill_harness import Harness, count_moments
from tests import postgres_cluster

KILLS = int(os.environ.get("KILLS", "20"))
SECONDS_PER_KILL = 12


@pytest.mark.slow
@pytest.mark.timeout(240 + KILLS * SECONDS_PER_KILL)
def test_kills_that_catch_unfinished_work_lose_nothing_and_double_nothing(tmp_path: Path):
    result = Harness(tmp_path, seed=KILLS).run(KILLS)

    assert result.faults == ()
    assert result.refused == ()
    assert len(result.kills) == KILLS
    assert all(kill.unfinished for kill in result.kills)
    assert len(count_moments(result.kills)) >= min(KILLS, 11) - 2


SHARED_KILLS = int(os.environ.get("KILLS", "4"))


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(240 + SHARED_KILLS * SECONDS_PER_KILL)
def test_of_several_processes_any_may_be_killed_and_nothing_is_lost_or_doubled(tmp_path: Path):
    url = postgres_cluster.new_database("synthetic")

    result = Harness(tmp_path, seed=SHARED_KILLS, url=url).run(SHARED_KILLS)

    assert result.faults == ()
    assert result.refused == ()
    assert len(result.kills) == SHARED_KILLS
