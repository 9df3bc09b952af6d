"""What an item ends with when there is no page to look at."""

from __future__ import annotations

import pytest

from shared.modulekit.errors import ModuleError, Permanent, Retryable
from tests.unit.net.servers import page
from tests.unit.techstack.test_extract import Internet, internet

__all__ = ["internet"]

WALL = b"<title>Just a moment...</title><script>window._cf_chl_opt={};a.src='/cdn-cgi/challenge-platform/x'</script>"


@pytest.mark.parametrize(
    ("answer", "code", "kind"),
    [
        (page(WALL, "403 Forbidden", Server="cloudflare"), "bot_wall", Permanent),
        (page(WALL, "503 Service Unavailable"), "bot_wall", Permanent),
        (page(WALL), "bot_wall", Permanent),
        (page(b"", "202 Accepted", x_amzn_waf_action="challenge"), "bot_wall", Permanent),
        (page(b"<h1>no</h1>", "403 Forbidden", Server="cloudflare"), "http_4xx", Permanent),
        (page(b"<h1>no</h1>", "404 Not Found"), "http_4xx", Permanent),
        (page(b"<h1>no</h1>", "429 Too Many Requests"), "http_4xx", Retryable),
        (page(b"<h1>no</h1>", "503 Service Unavailable"), "http_5xx", Retryable),
        (page(b"%PDF", Content_Type="application/pdf"), "not_html", Permanent),
    ],
)
async def test_the_code_says_why(internet: Internet, answer: bytes, code: str, kind: type[ModuleError]) -> None:
    internet.server.pages["shop.example/"] = answer
    with pytest.raises(kind) as caught:
        await internet.process()
    assert caught.value.code == code
