import asyncio
import contextlib
import time

import nats
import pytest
from argon2 import PasswordHasher
from structlog.testing import capture_logs

from shared.identity import letters
from shared.identity.accounts import Accounts
from shared.identity.errors import (
    InvalidCredentials,
    InvalidInput,
    InvalidToken,
    TooManyAttempts,
    Unavailable,
    UnknownAccount,
)
from shared.identity.mail import Mailer
from shared.identity.passwords import Passwords
from shared.identity.service import IdentityService
from shared.settings import Settings
from tests.integration.identity.conftest import DAY, FAST, open_buckets

pytestmark = pytest.mark.servers
EMAIL, PASSWORD, HOME = "Ada@example.com", "correct horse", "192.0.2.1"


async def registered(service, smtp, email=EMAIL):
    await service.register(email, PASSWORD, HOME)
    return await smtp.token()


async def logged_in(service):
    return await service.authenticate((await service.login(EMAIL, PASSWORD, HOME)).token, None)


async def test_register_verify_and_log_in(service, smtp):
    await service.register(EMAIL, PASSWORD, HOME)
    before = await logged_in(service)
    assert (before.email, before.active, before.email_verified, before.via) == (EMAIL, True, False, "session")
    assert before.user_id.startswith("u_")

    mail = await smtp.mail()
    assert mail["To"] == EMAIL
    assert "https://leads.example/verify-email#token=" in mail.get_content()
    token = mail.get_content().split("#token=")[1].split()[0]
    await service.verify_email(token)
    assert (await logged_in(service)).email_verified
    with pytest.raises(InvalidToken):
        await service.verify_email(token)


async def test_a_taken_address_gets_the_same_answer_and_another_mail(service, smtp):
    await registered(service, smtp)
    assert await service.register(" ada@EXAMPLE.com ", "another password", HOME) is None
    mail = await smtp.mail()
    assert "already have an account" in mail["Subject"]
    assert "token" not in mail.get_content()
    with pytest.raises(InvalidCredentials):
        await service.login(EMAIL, "another password", HOME)


async def test_two_registrations_at_once_make_one_account(buckets):
    accounts = Accounts(buckets.identity)
    made = await asyncio.gather(*(accounts.create(EMAIL, f"hash {n}", 0.0) for n in range(10)))
    [account] = [account for account in made if account]
    assert await accounts.find("ADA@example.com") == account
    keys = await buckets.identity.keys()
    assert sorted(key.split(".")[0] for key in keys) == ["account", "email"]


@pytest.mark.parametrize(
    ("email", "password", "field"),
    [("nobody", PASSWORD, "email"), (EMAIL, "short", "password"), (EMAIL, "x" * 129, "password")],
)
async def test_what_cannot_be_used_is_told_by_field(service, email, password, field):
    with pytest.raises(InvalidInput) as refusal:
        await service.register(email, password, HOME)
    assert refusal.value.field == field


async def test_links_expire_after_a_day(service, smtp, clock):
    token = await registered(service, smtp)
    clock.forward(DAY)
    with pytest.raises(InvalidToken):
        await service.verify_email(token)
    await service.resend_verification(EMAIL)
    await service.verify_email(await smtp.token())


async def test_of_two_uses_of_a_link_at_once_one_counts(service, smtp):
    token = await registered(service, smtp)
    outcomes = await asyncio.gather(*(service.verify_email(token) for _ in range(8)), return_exceptions=True)
    assert outcomes.count(None) == 1
    assert {type(outcome) for outcome in outcomes} == {type(None), InvalidToken}


async def test_a_link_serves_its_own_purpose_only(service, smtp):
    token = await registered(service, smtp)
    with pytest.raises(InvalidToken):
        await service.reset_password(token, "new password")
    await service.verify_email(token)


async def test_resending_tells_nobody_who_exists(service, smtp):
    await service.verify_email(await registered(service, smtp))
    await service.resend_verification(EMAIL)
    await service.resend_verification("unknown@example.com")
    await service.request_password_reset("unknown@example.com", HOME)
    await service.aclose()
    assert smtp.mails.empty()


async def test_a_new_password_ends_every_session_and_older_links(make_service, smtp):
    here, there = make_service(), make_service()
    await here.verify_email(await registered(here, smtp))
    sessions = [(await service.login(EMAIL, PASSWORD, HOME)).token for service in (here, there)]
    _, key = await here.create_api_key((await here.authenticate(sessions[0], None)).user_id, "script")

    await here.request_password_reset(EMAIL, HOME)
    older = await smtp.token()
    await here.request_password_reset(EMAIL, HOME)
    await here.reset_password(await smtp.token(), "new password")

    for session in sessions:
        assert await here.authenticate(session, None) is None
        assert await there.authenticate(session, None) is None
    with pytest.raises(InvalidToken):
        await here.reset_password(older, "attacker's password")
    with pytest.raises(InvalidCredentials):
        await here.login(EMAIL, PASSWORD, HOME)
    assert (await here.login(EMAIL, "new password", HOME)).token
    assert await there.authenticate(None, key), "API keys of a verified account stay"


async def test_a_reset_that_first_proves_the_address_ends_api_keys_too(make_service, smtp):
    service = make_service(cache_seconds=60)
    await registered(service, smtp)
    squatter = await logged_in(service)
    _, key = await service.create_api_key(squatter.user_id, "back door")
    assert await service.authenticate(None, key)
    await service.request_password_reset(EMAIL, HOME)
    await service.reset_password(await smtp.token(), "the owner's own")
    assert await service.list_api_keys(squatter.user_id) == ()
    with pytest.raises(Exception, match="API key is invalid"):
        await service.authenticate(None, key)
    assert (await service.login(EMAIL, "the owner's own", HOME)).account.email_verified


async def test_a_bad_new_password_does_not_use_up_the_link(service, smtp):
    await registered(service, smtp)
    await service.request_password_reset(EMAIL, HOME)
    token = await smtp.token()
    with pytest.raises(InvalidInput):
        await service.reset_password(token, "short")
    await service.reset_password(token, "long enough")


async def test_a_deactivated_user_may_log_in_and_is_known_as_such(make_service, smtp):
    service = make_service(cache_seconds=60)
    await registered(service, smtp)
    session = (await service.login(EMAIL, PASSWORD, HOME)).token
    user_id = (await service.authenticate(session, None)).user_id
    await service.set_active(user_id, False)
    assert not (await service.authenticate(session, None)).active
    assert not (await logged_in(service)).active
    with pytest.raises(UnknownAccount):
        await service.set_active("u_unknown", False)


async def test_a_hash_of_old_parameters_is_made_again_at_login(make_service, buckets, smtp):
    old, new = make_service(), make_service(hasher=PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    await registered(old, smtp)
    await new.login(EMAIL, PASSWORD, HOME)
    account = await Accounts(buckets.identity).find(EMAIL)
    assert "m=16,t=2" in account.password_hash
    await new.login(EMAIL, PASSWORD, HOME)


async def test_unknown_user_and_bad_password_cannot_be_told_apart(make_service, smtp):
    service = make_service(hasher=PasswordHasher(time_cost=2, memory_cost=16 * 1024, parallelism=1), login_attempts=100)
    await registered(service, smtp)

    async def refused(email):
        start = time.perf_counter()
        with pytest.raises(InvalidCredentials) as refusal:
            await service.login(email, "wrong password", HOME)
        return time.perf_counter() - start, str(refusal.value)

    known, unknown = [], []
    while not known or (not 0.5 < min(known)[0] / min(unknown)[0] < 2 and len(known) < 60):
        for _ in range(15):  # the least of them: a busy machine only adds
            known.append(await refused(EMAIL))
            unknown.append(await refused("unknown@example.com"))
    assert len({message for _, message in known + unknown}) == 1
    assert 0.5 < min(known)[0] / min(unknown)[0] < 2


async def test_limits_of_logins_and_registrations(service, smtp, clock):
    await registered(service, smtp)
    for _ in range(5):
        with pytest.raises(InvalidCredentials):
            await service.login(EMAIL, "wrong password", HOME)
    clock.forward(60)
    with pytest.raises(TooManyAttempts) as refusal:
        await service.login("ADA@example.com", PASSWORD, HOME)
    assert refusal.value.retry_after == 14 * 60
    assert (await service.login(EMAIL, PASSWORD, "198.51.100.7")).token, "another address is not locked out"
    clock.forward(14 * 60)
    assert (await service.login(EMAIL, PASSWORD, HOME)).token

    clock.forward(3600)
    for n in range(3):
        await service.register(f"{n}@example.com", PASSWORD, HOME)
    with pytest.raises(TooManyAttempts):
        await service.register("3@example.com", PASSWORD, HOME)


async def test_limits_of_mails(service):
    for send in (service.resend_verification, lambda email: service.request_password_reset(email, HOME)):
        for _ in range(3):
            await send("unknown@example.com")
        with pytest.raises(TooManyAttempts):
            await send("Unknown@example.com")


async def test_a_mail_refused_for_the_moment_is_sent_again(service, smtp):
    smtp.failures = 1
    await service.verify_email(await registered(service, smtp))


async def test_no_mail_goes_out_in_the_clear_when_tls_is_asked_for(smtp):
    mailer = Mailer(Settings(smtp_host="127.0.0.1", smtp_port=smtp.port), retry_delays=(60.0,))
    with capture_logs() as logs:
        await mailer.send(letters.verification(EMAIL, "https://leads.example/#token=secret"))
    assert [line["event"] for line in logs] == ["mail_not_sent"]
    assert "secret" not in str(logs)
    assert smtp.mails.empty()


async def test_without_a_mail_server_the_link_is_logged(buckets):
    settings = Settings(public_url="http://127.0.0.1:8000")
    service = IdentityService(**buckets.as_arguments(), settings=settings, passwords=Passwords(FAST))
    with capture_logs() as logs:
        await service.register(EMAIL, PASSWORD, HOME)
        await service.aclose()
    [line] = logs
    assert (line["event"], line["log_level"], line["to"]) == ("mail_link", "info", EMAIL)
    await service.verify_email(line["link"].split("#token=")[1])


async def test_no_secret_lies_in_the_store_or_in_the_log(buckets, service, smtp):
    with capture_logs() as logs:
        token = await registered(service, smtp)
        login = await service.login(EMAIL, PASSWORD, HOME)
        _, key = await service.create_api_key(login.account.id, "script")
    stored = str(logs)
    for bucket in (buckets.identity, buckets.sessions, buckets.limits):
        for name in await bucket.keys():
            stored += name + (await bucket.get(name)).value.decode()
    for secret in (token, login.token, key, PASSWORD):
        assert secret not in stored


async def test_when_the_store_is_gone_nothing_is_known(mortal_nats):
    connection = await nats.connect(mortal_nats.url, max_reconnect_attempts=-1, error_cb=_ignore)
    buckets = await open_buckets(connection, timeout=2)
    settings = Settings()
    service = IdentityService(
        **buckets.as_arguments(), settings=settings, mailer=Mailer(settings), passwords=Passwords(FAST)
    )
    await service.register(EMAIL, PASSWORD, HOME)
    session = (await service.login(EMAIL, PASSWORD, HOME)).token
    assert await service.authenticate(session, None)
    mortal_nats.stop()
    with capture_logs() as logs, pytest.raises(Unavailable) as refusal:
        await service.login(EMAIL, PASSWORD, HOME)
    assert refusal.value.retry_after > 0
    assert "throttle_fails_open" in [line["event"] for line in logs]
    with pytest.raises(Unavailable):
        await service.authenticate("another session", None)
    await service.aclose()
    with contextlib.suppress(OSError):  # What the client says when it closes without a server.
        await connection.close()


async def _ignore(_):
    pass
