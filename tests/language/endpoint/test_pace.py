import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from vesalius.language.endpoint import pace
from vesalius.language.endpoint.connection import _retry_after
from vesalius.language.endpoint.pace import LONGEST, LONGEST_ASKED, Pace, backoff


def test_waits_double_up_to_the_longest_and_differ_by_chance():
    assert [backoff(attempt, 0.0) for attempt in range(4)] == [1.0, 2.0, 4.0, 8.0]
    assert backoff(50, 0.0) == LONGEST and 0.5 * LONGEST <= backoff(50, 0.7) < LONGEST


@pytest.mark.parametrize(
    ("value", "seconds"), [("3", 3.0), ("0.5", 0.5), ("-1", None), ("soon", None), ("", None), ("nan", None)]
)
def test_retry_after_in_seconds(value, seconds):
    assert _retry_after(httpx.Response(429, headers={"retry-after": value})) == seconds


def test_retry_after_as_a_date():
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert 25 < _retry_after(httpx.Response(503, headers={"retry-after": date})) <= 30


class Clock:
    """Time that passes only while someone waits; also the event that is never set."""

    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr(pace.time, "monotonic", lambda: self.now)

    def is_set(self):
        return False

    def wait(self, seconds):
        self.now += seconds


def test_requests_are_spaced_evenly(monkeypatch):
    clock, turns = Clock(monkeypatch), []
    spaced = Pace(120)
    for _ in range(4):
        spaced.wait(clock)
        turns.append(clock.now)
    assert turns == [100.0, 100.5, 101.0, 101.5]


def test_a_hold_stops_all_and_has_a_limit(monkeypatch):
    clock = Clock(monkeypatch)
    held = Pace(None)
    held.hold(30)
    held.hold(5)
    held.wait(clock)
    assert clock.now == 130.0
    held.hold(1e9)
    held.wait(clock)
    assert clock.now == 130.0 + LONGEST_ASKED


def test_what_is_stopped_waits_no_longer():
    held, stopped = Pace(None), threading.Event()
    held.hold(500)
    threading.Timer(0.05, stopped.set).start()
    held.wait(stopped)
    held.back_off(20, stopped)
