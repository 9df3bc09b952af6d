"""When port 25 is taken for closed."""

import asyncio

from services.verify_emails.outbound import OutboundPort


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def port(probe, clock=None):
    asked = []

    async def probing():
        asked.append(True)
        await asyncio.sleep(0)
        return probe

    return OutboundPort(probing, clock or Clock()), asked


async def test_one_dead_server_where_the_surely_living_one_cannot_be_reached_either():
    outbound, asked = port(False)
    await asyncio.gather(*(outbound.not_reached(f"mx{number}.fr") for number in range(50)))
    assert outbound.is_closed
    assert not outbound.may_dial()
    assert len(asked) == 1


async def test_a_list_of_dead_servers_while_the_living_one_answers():
    outbound, asked = port(True)
    for number in range(100):
        await outbound.not_reached(f"mx{number}.fr")
    assert not outbound.is_closed
    assert len(asked) == 1, "for ten minutes it is known to be open"


async def test_without_anybody_who_is_surely_there_three_different_ones_count():
    outbound, _ = port(None)
    for host in ("mx1.fr", "mx1.fr", "mx2.fr", "mx2.fr"):
        await outbound.not_reached(host)
    assert not outbound.is_closed
    await outbound.not_reached("mx3.fr")
    assert outbound.is_closed


async def test_after_a_connection_dead_servers_are_just_dead():
    clock = Clock()
    outbound, asked = port(False, clock)
    outbound.reached()
    for number in range(10):
        await outbound.not_reached(f"mx{number}.fr")
    assert not outbound.is_closed
    assert asked == []
    clock.now += 601
    await outbound.not_reached("mx.fr")
    assert outbound.is_closed


async def test_after_a_rest_one_goes_ahead_and_opens_for_all_or_rests_again():
    clock = Clock()
    outbound, _ = port(False, clock)
    await outbound.not_reached("mx1.fr")
    clock.now += 61
    assert [outbound.may_dial() for _ in range(3)] == [True, False, False]
    await outbound.not_reached("mx2.fr")
    clock.now += 31
    assert not outbound.may_dial()
    clock.now += 30
    assert outbound.may_dial()
    outbound.reached()
    assert [outbound.may_dial() for _ in range(3)] == [True] * 3
    assert not outbound.is_closed
