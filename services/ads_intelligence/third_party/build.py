"""`python -m services.ads_intelligence.third_party.build dist/entities-nostats.json`: make entities.json again.

The source is the npm package third-party-web (MIT, see LICENSE beside this file), version 0.30.0.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import msgspec

from services.ads_intelligence.third_party.entities import Written
from services.ads_intelligence.vendors import Role

NOTICE = "From third-party-web 0.30.0, Copyright (c) 2019 Patrick Hulce, MIT: see LICENSE"
ROLES: dict[str, Role] = {
    "ad": "publisher",
    "consent-provider": "consent",
    "analytics": "analytics",
    "tag-manager": "tag_manager",
    "marketing": "marketing",
    "customer-success": "marketing",
}
"""Chat is one of several things of `customer-success`."""
EVERYDAY = re.compile(
    r"(?:^|\.)(?:google(?:apis|usercontent)?|gstatic|facebook|fbcdn|yahoo|yahooapis|yimg|aol|aolcdn|microsoft|msn|bing|s-msft|linkedin|licdn"
    r"|twitter|amazon|media-amazon|ssl-images-amazon|images-amazon|rakuten|ebay|ebaystatic|bigcommerce|oracle|xbox|wp|wordpress|adobe|ibm"
    r"|baidu|yandex|vk|mail|tumblr|reddit|cloudfront|akamaihd|sentry-cdn|sentry|newrelic|nr-data|bugsnag|rollbar)\.[a-z.]{2,6}$"
)
"""Hosts that pages load for other things than advertising and its measure."""


class _Source(msgspec.Struct, frozen=True):
    name: str
    category: str
    domains: list[str]


def build(source: bytes) -> bytes:
    """entities.json from the package's dist/entities-nostats.json. The same source gives the same bytes."""
    roles: dict[Role, dict[str, list[str]]] = {role: {} for role in dict.fromkeys(ROLES.values())}
    for entity in sorted(msgspec.json.decode(source, type=list[_Source]), key=lambda one: one.name):
        hosts = sorted(host for host in entity.domains if not EVERYDAY.search(host))
        if entity.category in ROLES and hosts:
            roles[ROLES[entity.category]].setdefault(slug(entity.name), []).extend(hosts)
    return msgspec.json.encode(Written(NOTICE, roles)) + b"\n"


def slug(name: str) -> str:
    """`Amnet CMP` → `amnet`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower().removesuffix(" cmp")).strip("_")


if __name__ == "__main__":
    (Path(__file__).parent / "entities.json").write_bytes(build(Path(sys.argv[1]).read_bytes()))
