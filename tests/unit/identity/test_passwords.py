import asyncio

import pytest
from argon2 import PasswordHasher

from shared.identity.errors import InvalidInput, Unavailable
from shared.identity.passwords import Passwords, check_rules

FAST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.mark.parametrize("password", ["12345678", "x" * 128, "mot de passe", "пароль-пароль"])
def test_passwords_that_may_be_chosen(password):
    check_rules(password)


@pytest.mark.parametrize(("password", "why"), [("1234567", "8 to 128"), ("x" * 129, "8 to 128"), (" " * 8, "spaces")])
def test_passwords_that_may_not(password, why):
    with pytest.raises(InvalidInput, match=why):
        check_rules(password)


async def test_hash_and_verify():
    passwords = Passwords(FAST)
    hashed = await passwords.hash("caf\u00e9 noir")
    assert hashed.startswith("$argon2id$")
    assert hashed != await passwords.hash("caf\u00e9 noir")
    assert await passwords.verify(hashed, "cafe\u0301 noir"), "typed with a combining accent"
    assert not await passwords.verify(hashed, "cafe noir")
    assert not await passwords.verify(None, "nobody's password")
    assert not await passwords.verify("damaged", "cafe noir")
    assert await passwords.verify(await passwords.hash("\ud800 lone"), "\ud800 lone")
    passwords.close()


async def test_outdated_parameters_are_noticed():
    hashed = await Passwords(FAST).hash("password")
    assert not Passwords(FAST).is_outdated(hashed)
    assert Passwords().is_outdated(hashed)


async def test_a_flood_is_refused_instead_of_queued():
    passwords = Passwords(FAST, threads=1, max_waiting=2)
    outcomes = await asyncio.gather(*(passwords.hash(str(n)) for n in range(10)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [str] * 3 + [Unavailable] * 7
    assert await passwords.hash("again")
