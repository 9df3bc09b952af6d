"""What is a wall and what only looks like one. The pages are written here, after what the vendors' pages are made of."""

from __future__ import annotations

import pytest

from shared.net.bot_wall import bot_wall
from shared.net.client import FetchError, Response, require_html
from tests.timing import assert_within
from tests.unit.net.test_fetcher import made

ARTICLE = "<p>" + "Nous avons lu pour vous ce que font les protections contre les robots. " * 60 + "</p>"
"""More text than any wall has."""


def answer(status: int, body: str, **headers: str) -> Response:
    extra = [(name.replace("_", "-"), value) for name, value in headers.items()]
    whole = made(status, "text/html", body.encode())
    return Response(
        whole.requested_url,
        whole.url,
        status,
        [*whole.headers, *extra],
        whole.body,
        "HTTP/2",
        1,
        [],
        None,
        "1.1.1.1",
        "",
    )


CLOUDFLARE = """<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title><meta name="robots" content="noindex,nofollow">
</head><body><noscript>Enable JavaScript and cookies to continue</noscript><script>(function(){window._cf_chl_opt={cvId:'3',cZone:
"shop.example"};var a=document.createElement('script');a.src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1?ray=1';}());</script></body></html>"""
DATADOME = """<html><head><title>shop.example</title></head><body><p id="cmsg">Please enable JS and disable any ad blocker</p><script
data-cfasync="false">var dd={'rt':'c','cid':'AHrlqAAAA','hsh':'A1','t':'fe','host':'geo.captcha-delivery.com'}</script><script
src="https://ct.captcha-delivery.com/c.js"></script></body></html>"""
HUMAN = """<html><head><title>Access to this page has been denied</title></head><body><div id="px-captcha"></div><script>window._pxAppId =
'PXabc123';window._pxJsClientSrc='/abc123/init.js';</script><script src="https://captcha.px-cdn.net/PXabc123/captcha.js"></script></body></html>"""
AKAMAI = """<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>You don't have permission to access
"http&#58;&#47;&#47;shop&#46;example&#47;" on this server.<P>Reference&#32;&#35;18&#46;1<P>https&#58;&#47;&#47;errors.edgesuite.net/18.1</BODY></HTML>"""
IMPERVA = """<html style="height:100%"><head><META NAME="ROBOTS" CONTENT="NOINDEX, NOFOLLOW"></head><body style="margin:0px;height:100%"><iframe
id="main-iframe" src="/_Incapsula_Resource?CWUDNSAI=9&xinfo=1&incident_id=2" frameborder=0>Request unsuccessful. Incapsula incident ID: 2-1</iframe></body></html>"""

WALLS = [
    ("Cloudflare", answer(403, CLOUDFLARE, server="cloudflare", cf_mitigated="challenge")),
    ("Cloudflare", answer(503, CLOUDFLARE)),
    ("Cloudflare", answer(200, CLOUDFLARE)),
    ("Cloudflare", answer(429, "", cf_mitigated="challenge")),
    (
        "Cloudflare",
        answer(
            503, '<title>Just a moment...</title><form action="/?__cf_chl_jschl_tk__=1"><img src="/cdn-cgi/x"></form>'
        ),
    ),
    ("Cloudflare", answer(503, '<div class="cf-browser-verification cf-im-under-attack">Checking your browser</div>')),
    ("Cloudflare", answer(403, "<title>Attention Required! | Cloudflare</title><h1>Sorry, you have been blocked</h1>")),
    (
        "Cloudflare",
        answer(403, '<title>Access denied | shop.example used Cloudflare</title><div id="cf-error-details">1020</div>'),
    ),
    ("DataDome", answer(403, DATADOME, x_datadome="protected")),
    ("DataDome", answer(200, DATADOME)),
    ("DataDome", answer(403, '{"url":"https://geo.captcha-delivery.com/captcha/?x"}', x_dd_b="1")),
    ("DataDome", answer(403, '<iframe src="https://geo.captcha-delivery.com/captcha/?initialCid=1"></iframe>')),
    ("HUMAN", answer(403, HUMAN)),
    ("HUMAN", answer(200, HUMAN)),
    ("HUMAN", answer(403, '{"appId":"PXabc","jsClientSrc":"/init.js","blockScript":"/captcha/captcha.js?a=c"}')),
    ("Akamai", answer(403, AKAMAI, server="AkamaiGHost")),
    (
        "Akamai",
        answer(
            200,
            '<meta http-equiv="refresh" content="5; URL=\'/?bm-verify=AAQ\'"><script>triggerInterstitialChallenge()</script>',
        ),
    ),
    ("Akamai", answer(428, '<div id="sec-if-cpt-container"></div><script src="/_sec/cp_challenge/x.js"></script>')),
    ("Imperva", answer(200, IMPERVA)),
    ("Imperva", answer(403, IMPERVA)),
    (
        "Imperva",
        answer(
            200,
            '<html><head><META NAME="robots" CONTENT="noindex,nofollow"><script src="/_Incapsula_Resource?SWJIYLWA=71"></script><body></body></html>',
        ),
    ),
    ("Imperva", answer(405, "<title>Pardon Our Interruption</title><script>reeseSkipExpirationCheck</script>")),
    (
        "Sucuri",
        answer(
            200,
            "<title>You are being redirected...</title><script>var s={},u,c,U,r,i,l=0;sucuri_cloudproxy_js='';</script>",
        ),
    ),
    ("Sucuri", answer(403, "<title>Sucuri WebSite Firewall - Access Denied</title>")),
    ("Sucuri", answer(403, "", x_sucuri_block="BLOCK01")),
    ("AWS WAF", answer(202, "", x_amzn_waf_action="challenge")),
    ("AWS WAF", answer(405, "<title>Human Verification</title>", x_amzn_waf_action="captcha")),
    (
        "AWS WAF",
        answer(
            202,
            '<script>window.gokuProps = {"key":"A"};</script><script src="https://a.b.token.awswaf.com/a/b/challenge.js"></script>',
        ),
    ),
    ("Vercel", answer(429, "<title>Vercel Security Checkpoint</title>", x_vercel_mitigated="challenge")),
    ("Vercel", answer(403, "", x_vercel_mitigated="deny")),
    ("Kasada", answer(429, "", x_kpsdk_ct="0a1b")),
    (
        "Kasada",
        answer(
            429, '<script>window.KPSDK={};KPSDK.now=Date.now</script><script src="/149e9513/fp/ips.js?x=1"></script>'
        ),
    ),
    ("SiteGround", answer(202, "", sg_captcha="challenge")),
    ("SiteGround", answer(200, '<meta http-equiv="refresh" content="0;/.well-known/sgcaptcha/?r=%2F&y=ipc">')),
    (
        "Imunify360",
        answer(200, "<title>One moment, please...</title><h1>Please wait while your request is being verified...</h1>"),
    ),
    ("DDoS-Guard", answer(403, "<title>DDoS-Guard</title>")),
    (
        "Anubis",
        answer(
            200,
            '<script id="anubis_challenge" type="application/json">{}</script><img src="/.within.website/x/cmd/anubis/static/img/p.webp">',
        ),
    ),
    ("F5", answer(200, "<title>Request Rejected</title>The requested URL was rejected. Your support ID is: 123")),
    (
        "Wordfence",
        answer(
            503, "<h1>Your access to this site has been limited by the site owner</h1><p>Generated by Wordfence at</p>"
        ),
    ),
]

LOOK_ALIKES = {
    "a shop behind Cloudflare": answer(
        200, f"<title>Fromagerie</title>{ARTICLE}", server="cloudflare", cf_ray="8a", cf_cache_status="HIT"
    ),
    "a short page with Cloudflare's script": answer(
        200,
        "<title>Bientôt</title><h1>Ouverture en mai</h1><script>window.__CF$cv$params={r:'1'};var a=document.createElement('script');"
        "a.src='/cdn-cgi/challenge-platform/scripts/jsd/main.js';</script>",
        server="cloudflare",
    ),
    "the site's own 404 behind Cloudflare": answer(404, "<title>Page introuvable</title>", server="cloudflare"),
    "the site is down behind Cloudflare": answer(
        522, '<title>shop.example | 522: Connection timed out</title><div id="cf-error-details"></div>'
    ),
    "an article about DataDome": answer(
        200,
        f"<title>Contourner DataDome ?</title>{ARTICLE}<pre>var dd={{'rt':'c'}} https://geo.captcha-delivery.com/</pre>",
    ),
    "an article that embeds a wall's code": answer(
        200, f"{ARTICLE}<script>var dd={{'rt':'c','host':'geo.captcha-delivery.com/'}}</script>"
    ),
    "a page that DataDome watches": answer(
        200, '<h1>Boutique</h1><script src="https://js.datadome.co/tags.js"></script>', x_datadome="protected"
    ),
    "the site's own 403 behind DataDome": answer(403, "<h1>Réservé aux membres</h1>", x_datadome="protected"),
    "a page that HUMAN watches": answer(
        200,
        "<h1>Boutique</h1><script>window._pxAppId='PXabc';</script><script src='https://client.px-cloud.net/PXabc/main.min.js'></script>",
    ),
    "a page behind Imperva": answer(
        200, '<h1>Agence</h1><script src="/_Incapsula_Resource?SWJIYLWA=719d34&ns=1" async></script>', x_iinfo="1-2"
    ),
    "a page behind Akamai": answer(200, "<h1>Banque</h1><script src='/akam/13/6a1'></script>", server="AkamaiGHost"),
    "a folder nobody may list": answer(403, "<title>403 Forbidden</title><h1>Forbidden</h1>", server="nginx"),
    "an intranet's refusal": answer(403, "<title>Access Denied</title><p>Ask your administrator.</p>"),
    "a page with AWS WAF's script": answer(
        200, '<h1>Hôtel</h1><script src="https://a.b.token.awswaf.com/a/b/challenge.js" defer></script>'
    ),
    "a page with Kasada's script": answer(
        200, '<h1>Vols</h1><script src="/149e9513/p.js"></script>', x_kpsdk_ct="0a1b"
    ),
    "a site behind Sucuri": answer(200, "<h1>Restaurant</h1>", x_sucuri_id="15003", x_sucuri_cache="HIT"),
    "a Vercel site": answer(200, "<h1>App</h1>", server="Vercel", x_vercel_id="cdg1::1"),
    "a maintenance page": answer(503, "<title>Maintenance</title><p>De retour dans un instant.</p>"),
    "too many requests, plainly": answer(429, "<h1>Too Many Requests</h1>"),
    "a café called Just a moment": answer(200, "<title>Just a moment</title><h1>Salon de thé</h1>"),
    "a contact form with hCaptcha": answer(
        200, '<form><div class="h-captcha"></div></form><script src="https://js.hcaptcha.com/1/api.js"></script>'
    ),
    "nothing at all": answer(200, ""),
}


@pytest.mark.parametrize(("vendor", "response"), WALLS)
def test_walls(vendor: str, response: Response) -> None:
    assert bot_wall(response) == vendor
    with pytest.raises(FetchError) as caught:
        require_html(response)
    assert (caught.value.code, caught.value.retryable) == ("bot_wall", False)
    assert vendor in caught.value.message


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_look_alikes(name: str) -> None:
    assert bot_wall(LOOK_ALIKES[name]) is None


@pytest.mark.parametrize("piece", ["<", "<script>", "<!--", "<a ", "</script", "&", "<script></style>", "\n"])
def test_a_page_written_to_be_slow_is_not(piece: str) -> None:
    body = "_cf_chl_opt /cdn-cgi/challenge-platform/" + piece * (120_000 // len(piece))
    assert_within(0.5, lambda: bot_wall(answer(200, body)))  # milliseconds; seconds where it is not linear
