"""How long an item waits before its next attempt."""

from __future__ import annotations

import pytest

from shared.modulekit.runner import _pause


@pytest.mark.parametrize(("attempt", "about"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (500, 60)])
def test_pauses_double_up_to_a_minute_with_jitter(attempt, about):
    pauses = [_pause(attempt, None) for _ in range(200)]
    assert all(0.75 * about <= pause <= 1.25 * about for pause in pauses)
    assert len(set(pauses)) > 100


@pytest.mark.parametrize(("asked", "waited"), [(0.0, 0.0), (7.5, 7.5), (120.0, 120.0), (86_400.0, 120.0)])
def test_what_the_other_side_asks_for_counts_two_minutes_at_most(asked, waited):
    assert _pause(1, asked) == waited
