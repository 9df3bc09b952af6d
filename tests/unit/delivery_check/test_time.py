"""When a message came, and when one looks again."""

from datetime import UTC, datetime, timedelta

import pytest

from services.delivery_check.answer import received_relative
from services.delivery_check.patience import Patience

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "au lancement"),
        (1, "1 s après le lancement"),
        (59, "59 s après le lancement"),
        (190, "3 min après le lancement"),
        (7300, "2 h après le lancement"),
        (200_000, "2 j après le lancement"),
        (-61, "1 min avant le lancement"),
    ],
)
def test_the_wording(seconds, text):
    assert received_relative(AT + timedelta(seconds=seconds), AT) == text


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("services.delivery_check.patience.time.monotonic", lambda: now[0])
    return now


def test_pauses_grow_and_fill_the_wait(clock):
    patience = Patience(600)
    patience.begin("j")
    pauses = []
    while pause := patience.pause("j"):
        pauses.append(pause)
        clock[0] += pause
    assert clock[0] == pytest.approx(1600)
    assert pauses[0] == 6 and max(pauses) == 60
    assert pauses[:-1] == sorted(pauses[:-1])
    assert 10 < len(pauses) < 25


def test_inboxes_of_a_job_share_its_window(clock):
    patience = Patience(600)
    patience.begin("j")
    clock[0] += 599
    patience.begin("j")
    patience.begin("k")
    assert patience.pause("j") == pytest.approx(1)
    assert patience.pause("k") == 6
    clock[0] += 2
    assert patience.pause("j") == 0
