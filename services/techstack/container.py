"""A Google Tag Manager container as evidence of the pixels that a page itself does not show."""

from __future__ import annotations

from services.techstack.evidence import PageEvidence
from shared.web.page import Page
from shared.web.tag_container import read_container

LOADED_BY_TAGS = frozenset(
    {
        "analytics",
        "session_replay",
        "ab_testing",
        "ads",
        "ad_network",
        "affiliation",
        "tag_manager",
        "consent",
        "chat",
        "crm",
        "email_marketing",
        "lead_identification",
        "survey",
        "reviews",
        "monitoring",
        "accessibility",
    }
)
"""Categories believed from a container. What a site is built with is read from the site alone: a tag may
fetch a script from a page that is somebody else's."""


def container_evidence(script: str) -> PageEvidence | None:
    """A container's tags, and the owner's HTML as if it stood on a page. None when the script is no container."""
    container = read_container(script)
    if container is None:
        return None
    page = Page("https://www.googletagmanager.com/", 200, [], container.html)
    return PageEvidence(
        url="",
        scripts=[*page.scripts, *container.injected],
        inline_scripts=page.inline_scripts,
        html=container.html,
        tags=container.tags,
    )
