"""Who is reviewed on a page that states reviews for machines, and what is said: JSON-LD and microdata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from services.reviews.dates import day_of
from services.reviews.likeness import folded, is_same_name
from services.reviews.opinion import Opinion
from services.reviews.rating import rating_of
from services.reviews.wording import name_of, text_of
from shared.web.page import Page
from shared.web.structured_data import json_ld, microdata_items, types_of

_TYPES = Path(__file__).parent / "business_types.txt"
_REVIEWS = frozenset({"review", "userreview", "criticreview"})
"""Not EmployerReview, ClaimReview, MediaReview: these are about something else."""
_REVIEW_KEYS = ("review", "reviews")
_SOMEBODY_ELSES = frozenset(
    """author brand manufacturer sponsor funder funding worksFor alumniOf memberOf hiringOrganization competitor
    mentions citation subjectOf parentOrganization isRelatedTo isSimilarTo review reviews comment itemReviewed
    reviewedBy offers recognizingAuthority video image""".split()  # noqa: SIM905
)
"""Properties that lead to others than whom the page is about, or to what is read where it belongs."""
_MOST_THINGS = 3_000
_MOST_REVIEWS = 1_000
_OWNER = re.compile(
    r"propri[ée]taire|g[ée]rante?\b|\bowner\b|la direction|l['’][ée]tablissement|management", re.IGNORECASE
)


class Reviewed(msgspec.Struct, frozen=True):
    """A business that a page states reviews of."""

    names: list[str]
    """The first is what it is called; empty: it has none."""
    address: str | None
    is_declared: bool
    """Whether the page says itself that it is this business, and not only that reviews are of it."""
    opinions: list[Opinion]


def reviewed(page: Page) -> list[Reviewed]:
    """The businesses of a page with reviews, in order; what is said of products, recipes and the like is left out.

    A review counts when it stands within a business, or names one, or a bare name, as `itemReviewed`. Pure, never
    raises.
    """
    if not any(word in page.html for word in ("eview", "EVIEW")):
        return []
    things = [*json_ld(page), *microdata_items(page)]
    all_things = list(_all(things))
    known = {one["@id"]: one for one in all_things if isinstance(one.get("@id"), str) and len(one) > 1}
    own = {id(one): one for one in all_things if _kinds(one) & _business_types()}
    own_names = {folded(name) for one in own.values() for name in _names(one)}
    found: list[Reviewed] = []
    left = _MOST_REVIEWS
    for thing in all_things:
        kinds = _kinds(thing)
        if kinds & _business_types():
            about, stated = thing, _held(thing, known)
        elif kinds & _REVIEWS and _may_be_business(target := _target(thing, known)):
            about, stated = target, [thing]
        else:
            continue
        if stated and left > 0:
            is_declared = id(about) in own or any(folded(name) in own_names for name in _names(about))
            found.append(_reviewed(about, stated[:left], known, page.language, is_declared=is_declared))
            left -= len(stated)
    return [one for one in found if one.opinions]


def _all(things: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every object that speaks of whom the page is about, those around before those within."""
    waiting: list[Any] = list(reversed(things))
    given = 0
    while waiting and given < _MOST_THINGS:
        current = waiting.pop()
        if isinstance(current, list):
            waiting.extend(reversed(current))
        elif isinstance(current, dict):
            given += 1
            yield current
            waiting.extend(
                value
                for name, value in reversed(current.items())
                if name not in _SOMEBODY_ELSES and isinstance(value, dict | list)
            )


def _held(business: dict[str, Any], known: dict[str, Any]) -> list[dict[str, Any]]:
    """The reviews within a business."""
    found: list[dict[str, Any]] = []
    for key in _REVIEW_KEYS:
        value = business.get(key)
        for one in (value if isinstance(value, list) else [value])[:_MOST_REVIEWS]:
            review = _resolved(one, known)
            if isinstance(review, dict) and (not _kinds(review) or _kinds(review) & _REVIEWS):
                found.append(review)
    return found


def _target(review: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    value = review.get("itemReviewed")
    value = _resolved(next(iter(value), None) if isinstance(value, list) else value, known)
    return {"name": value} if isinstance(value, str) else value if isinstance(value, dict) else {}


def _may_be_business(target: dict[str, Any]) -> bool:
    kinds = _kinds(target)
    return bool(kinds & _business_types()) or (not kinds and name_of(target.get("name")) is not None)


def _reviewed(
    about: dict[str, Any],
    stated: list[dict[str, Any]],
    known: dict[str, Any],
    language: str | None,
    *,
    is_declared: bool,
) -> Reviewed:
    names = _names(about)
    opinions = (_opinion(one, names, known, language) for one in stated)
    return Reviewed(
        names=names,
        address=_address(_resolved(about.get("address"), known)),
        is_declared=is_declared,
        opinions=[one for one in opinions if one.says_something],
    )


def _opinion(review: dict[str, Any], names: list[str], known: dict[str, Any], language: str | None) -> Opinion:
    authors = review.get("author") or review.get("creator")
    authors = [_resolved(one, known) for one in (authors if isinstance(authors, list) else [authors])[:20]]
    rating = _resolved(review.get("reviewRating"), known)
    return Opinion(
        author=name_of(authors),
        rating=rating_of(rating if rating is not None else review.get("ratingValue")),
        date=day_of(review.get("datePublished") or review.get("dateCreated"), language),
        text=text_of(review.get("reviewBody")) or text_of(review.get("description")),
        owner_replied=True if _is_answered(review, names, known) else None,
    )


def _is_answered(review: dict[str, Any], names: list[str], known: dict[str, Any]) -> bool:
    """Whether the business itself comments; of a page that shows no answer nobody knows whether there was one."""
    comments = review.get("comment")
    for comment in (comments if isinstance(comments, list) else [comments])[:20]:
        author = _resolved(comment.get("author"), known) if isinstance(comment, dict) else None
        said = name_of(author)
        if isinstance(author, dict) and _kinds(author) & _business_types():
            return True
        if said and (_OWNER.search(said) or any(is_same_name(said, name) for name in names)):
            return True
    return False


def _names(business: dict[str, Any]) -> list[str]:
    return [name for key in ("name", "alternateName", "legalName") if (name := name_of(business.get(key)))]


def _address(value: Any) -> str | None:
    """One line of a postal address."""
    value = next(iter(value), None) if isinstance(value, list) else value
    if not isinstance(value, dict):
        return name_of(value)
    street, code, town = (name_of(value.get(key)) for key in ("streetAddress", "postalCode", "addressLocality"))
    return ", ".join(part for part in (street, " ".join(filter(None, (code, town)))) if part) or None


def _resolved(value: Any, known: dict[str, Any]) -> Any:
    """What a bare reference stands for, on the same page."""
    if isinstance(value, dict) and set(value) <= {"@id", "@type"} and isinstance(value.get("@id"), str):
        return known.get(value["@id"], value)
    return value


def _kinds(thing: dict[str, Any]) -> frozenset[str]:
    return frozenset(one.rpartition(":")[2].lower() for one in types_of(thing))


@cache
def _business_types() -> frozenset[str]:
    lines = _TYPES.read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
