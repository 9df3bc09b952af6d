import asyncio

import pytest

from shared.identity.accounts import Account
from shared.identity.api_keys import MAX_KEYS
from shared.identity.credential_cache import CACHE_SECONDS
from shared.identity.errors import InvalidApiKey, InvalidInput, TooManyApiKeys, UnknownApiKey
from shared.identity.sessions import Sessions
from tests.integration.identity.conftest import DAY

pytestmark = pytest.mark.servers
EMAIL, PASSWORD, HOME = "ada@example.com", "correct horse", "192.0.2.1"


@pytest.fixture
async def user(service, smtp):
    await service.register(EMAIL, PASSWORD, HOME)
    await smtp.mail()
    return (await service.login(EMAIL, PASSWORD, HOME)).account.id


async def session_of(service):
    return (await service.login(EMAIL, PASSWORD, HOME)).token


@pytest.mark.usefixtures("user")
async def test_a_session_slides_seven_days_and_ends_after_thirty(service, clock):
    token = await session_of(service)
    for _ in range(4):
        clock.forward(7 * DAY - 1)
        assert (await service.authenticate(token, None)).renewed
    clock.forward(3 * DAY)
    assert await service.authenticate(token, None) is None


@pytest.mark.usefixtures("user")
async def test_a_session_left_alone_for_seven_days_is_dead(service, clock):
    token = await session_of(service)
    clock.forward(7 * DAY)
    assert await service.authenticate(token, None) is None


@pytest.mark.usefixtures("user")
async def test_use_within_the_hour_writes_nothing(service, buckets, clock):
    token = await session_of(service)
    before = (await buckets.sessions.status()).stream_info.state.last_seq
    clock.forward(3599)
    assert not (await service.authenticate(token, None)).renewed
    assert (await buckets.sessions.status()).stream_info.state.last_seq == before


@pytest.mark.usefixtures("user")
async def test_login_rotates_and_logout_kills(service):
    first = await session_of(service)
    second = (await service.login(EMAIL, PASSWORD, HOME, previous_session=first)).token
    assert await service.authenticate(first, None) is None
    assert await service.authenticate(second, None)
    await service.logout(second)
    assert await service.authenticate(second, None) is None
    await service.logout("unknown")


async def test_logout_wins_over_a_renewal_under_way(buckets, clock):
    sessions = Sessions(buckets.sessions)
    account = Account(id="u_1", email=EMAIL, password_hash="", created_at=clock())
    token = await sessions.start(account, clock())
    session, revision = await sessions.read(token, clock())
    await sessions.end(token)
    assert not await sessions.renew(token, session, revision, clock() + DAY)
    assert await sessions.read(token, clock()) is None


@pytest.mark.usefixtures("user")
async def test_the_cache_saves_reads_and_lets_go_in_time(make_service, clock):
    here, there = make_service(cache_seconds=CACHE_SECONDS), make_service(cache_seconds=CACHE_SECONDS)
    token = await session_of(here)
    assert await here.authenticate(token, None)
    assert await there.authenticate(token, None)
    await here.logout(token)
    assert await here.authenticate(token, None) is None, "at once in the same process"
    assert await there.authenticate(token, None), "elsewhere it may live on for the cache's seconds"
    clock.forward(CACHE_SECONDS)
    assert await there.authenticate(token, None) is None


async def test_api_keys_are_shown_once_listed_and_revoked(service, user, clock):
    key, secret = await service.create_api_key(user, " nightly import ")
    assert secret.startswith("osk_")
    assert len(secret) == 4 + 43
    assert (key.name, key.prefix, key.last_used_at) == ("nightly import", secret[:12], None)
    assert await service.list_api_keys(user) == (key,)

    identity = await service.authenticate(None, secret)
    assert (identity.user_id, identity.via) == (user, "api_key")
    assert [listed.last_used_at for listed in await service.list_api_keys(user)] == [clock()]

    await service.revoke_api_key(user, key.id)
    assert await service.list_api_keys(user) == ()
    with pytest.raises(InvalidApiKey):
        await service.authenticate(None, secret)
    with pytest.raises(UnknownApiKey):
        await service.revoke_api_key(user, key.id)


async def test_the_key_counts_when_both_are_sent(service, user):
    session = await session_of(service)
    _, secret = await service.create_api_key(user, "script")
    assert (await service.authenticate(session, secret)).via == "api_key"
    assert (await service.authenticate("bad cookie", secret)).via == "api_key"
    for bad in ("osk_unknown", "", "nonsense", secret + "x"):
        with pytest.raises(InvalidApiKey):
            await service.authenticate(session, bad)
    assert await service.authenticate("bad cookie", None) is None
    assert await service.authenticate(None, None) is None


async def test_a_foreign_key_cannot_be_revoked(service, user):
    key, secret = await service.create_api_key(user, "script")
    with pytest.raises(UnknownApiKey):
        await service.revoke_api_key("u_somebody_else", key.id)
    assert await service.authenticate(None, secret)


async def test_last_use_is_written_at_most_once_a_minute(service, user, clock):
    _, secret = await service.create_api_key(user, "script")
    first = clock()
    for seconds in (0, 30, 29):
        clock.forward(seconds)
        await service.authenticate(None, secret)
    assert (await service.list_api_keys(user))[0].last_used_at == first
    clock.forward(1)
    await service.authenticate(None, secret)
    assert (await service.list_api_keys(user))[0].last_used_at == first + 60


async def test_keys_made_at_once_are_all_kept(service, user):
    made = await asyncio.gather(*(service.create_api_key(user, f"key {n}") for n in range(8)))
    assert {key.id for key, _ in made} == {key.id for key in await service.list_api_keys(user)}
    assert all([await service.authenticate(None, secret) for _, secret in made])


async def test_keys_have_a_name_and_a_number(service, user, buckets):
    with pytest.raises(InvalidInput):
        await service.create_api_key(user, "  ")
    for n in range(MAX_KEYS):
        await service.create_api_key(user, f"key {n}")
    with pytest.raises(TooManyApiKeys, match="revoke one first"):
        await service.create_api_key(user, "one more")
    indexes = [name for name in await buckets.identity.keys() if name.startswith("apikey.")]
    assert len(indexes) == MAX_KEYS


@pytest.mark.usefixtures("user")
async def test_a_revoked_key_is_out_of_the_cache_at_once(make_service, user):
    service = make_service(cache_seconds=60)
    key, secret = await service.create_api_key(user, "script")
    assert await service.authenticate(None, secret)
    await service.revoke_api_key(user, key.id)
    with pytest.raises(InvalidApiKey):
        await service.authenticate(None, secret)
