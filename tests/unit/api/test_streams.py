import asyncio
import threading

from shared.api.streams import OpenStreams


async def test_closing_ends_what_is_open_and_what_opens_later():
    streams, ended = OpenStreams(), []
    with streams.open(lambda: ended.append("first")):
        assert len(streams) == 1
        streams.close()
        with streams.open(lambda: ended.append("late")):
            pass
    assert ended == ["first", "late"]
    assert len(streams) == 0
    assert streams.closing.is_set()


async def test_a_stream_that_ended_by_itself_is_left_alone():
    streams, ended = OpenStreams(), []
    with streams.open(lambda: ended.append("gone")):
        pass
    streams.close()
    assert ended == []


async def test_closing_from_outside_the_loop():
    streams = OpenStreams()
    streams.close_soon()  # no loop yet: nothing can be open
    streams.bind(asyncio.get_running_loop())
    threading.Thread(target=streams.close_soon).start()
    await asyncio.wait_for(streams.closing.wait(), 20)
