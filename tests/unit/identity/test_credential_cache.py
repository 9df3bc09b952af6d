from shared.identity.credential_cache import CredentialCache
from shared.identity.guards import Identity


def identity(user_id="u_1"):
    return Identity(user_id=user_id, email="a@b.fr", active=True, email_verified=True, via="session")


def test_it_forgets_in_time():
    moments = iter([0.0, 2.9, 3.0])
    cache = CredentialCache(seconds=3.0, clock=lambda: next(moments))
    cache.put("a", identity(), cache.generation)
    assert cache.get("a") == identity()
    assert cache.get("a") is None


def test_it_is_bounded_and_keeps_what_is_used():
    cache = CredentialCache(size=2, clock=lambda: 0.0)
    for credential in ("a", "b"):
        cache.put(credential, identity(), 0)
    cache.get("a")
    cache.put("c", identity(), 0)
    assert [cache.get(credential) is not None for credential in "abc"] == [True, False, True]


def test_a_look_up_overtaken_by_a_revocation_is_not_kept():
    cache = CredentialCache(clock=lambda: 0.0)
    generation = cache.generation
    cache.forget("a")
    cache.put("a", identity(), generation)
    assert cache.get("a") is None


def test_a_user_is_forgotten_whole_and_alone():
    cache = CredentialCache(clock=lambda: 0.0)
    cache.put("a", identity(), 0)
    cache.put("b", identity(), 0)
    cache.put("c", identity("u_2"), 0)
    cache.forget_user("u_1")
    assert [cache.get(credential) is not None for credential in "abc"] == [False, False, True]
