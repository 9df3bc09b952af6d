import pytest

from shared.identity.errors import Forbidden, NotAuthenticated
from shared.identity.guards import Identity, require_active, require_identity, require_owner, require_verified


def identity(**changes):
    return Identity(
        **{"user_id": "u_1", "email": "a@b.fr", "active": True, "email_verified": True, "via": "session", **changes}
    )


def test_all_is_well():
    caller = require_identity(identity())
    require_owner(caller, "u_1")
    require_active(caller)
    require_verified(caller)


def test_each_guard_refuses_its_own():
    with pytest.raises(NotAuthenticated, match="not logged in"):
        require_identity(None)
    with pytest.raises(Forbidden, match="another account"):
        require_owner(identity(), "u_2")
    with pytest.raises(Forbidden, match="deactivated"):
        require_active(identity(active=False))
    with pytest.raises(Forbidden, match="Verify your e-mail"):
        require_verified(identity(email_verified=False))
