"""Module manifests: what a module needs, produces and costs, as `contracts/modules/<slug>.toml` says.

Routes, OpenAPI, the registry, validation, pricing, compose services and docs derive from it; adding a module adds
a manifest and edits nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

Category = Literal["extraction", "enrichment", "intelligence", "verification", "pipeline"]
ColumnType = Literal["string", "integer", "number", "boolean", "list"]
OptionType = Literal["string", "boolean"]

MODULES_FOLDER = Path(__file__).parent / "modules"

ALIASES: dict[str, frozenset[str]] = {
    "site_web": frozenset({"site_web", "website", "url", "site"}),
    "email": frozenset({"email", "e-mail", "mail"}),
    "nom": frozenset({"nom", "name", "raison sociale"}),
    "telephone": frozenset({"telephone", "phone", "tél", "tel", "téléphone"}),
}
"""Other names a client may give a key, lower-case. They only tell where to read; the key itself wins."""


class Text(msgspec.Struct, frozen=True):
    """A label in the two languages of the product."""

    fr: str
    en: str


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column the module appends."""

    name: str
    type: ColumnType = "string"
    meaning: str
    signal: bool = False
    """A row counts as a result when one of its signal columns is not null."""
    when: str = ""
    """What a job must ask for to have it, a value of `extra_columns` or `include_reviews`; empty: every job has it."""
    keeps_given: bool = False
    """Where the module has no value, the input's own stays (legal_data: the SIREN of a company it does not find)."""


class Option(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field of the request body beside `items` and `source_job_id`."""

    name: str
    type: OptionType = "string"
    meaning: str
    choices: list[str] = []
    default: str | bool
    ef_weights: dict[str, float] = {}
    """Values that change the module's weight, e.g. `{"deep": 0.3}`."""
    second_look: list[str] = []
    """Values under which a job goes over a done first job of the module again, its `source_job_id`: only over the rows
    that have no result, and only those are billed."""


class ModuleSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One manifest. Durations in seconds."""

    slug: str
    """The job_type: lower-case, underscores."""
    category: Category
    label: Text
    description: Text
    needs: list[str]
    """Keys an item must have, read through ALIASES."""
    needs_one_of: list[list[str]] = []
    """Sets of keys of which an item must have one whole set, e.g. a place's id, or its name and town (reviews)."""
    unique_by: str = ""
    """The key whose value, trimmed and lower-case, a job works on once; repeats are dropped before billing."""
    takes_items: bool = True
    """False: the body has options alone and the deployment's seed inboxes are the items (delivery_check)."""
    reusable_output: bool = True
    """Whether the rows can be the items of another job."""
    output_filename: str = ""
    """The download's name; empty: `{job_type}_{id}.csv`."""
    produces: list[Column]
    unit: str
    """What progress counts: sites, places, emails."""
    ef_weight: float
    """France equivalents per 10 000 items."""
    timeout: float
    """How long one attempt at one item may take."""
    attempts: int = 3
    """Tries of an item whose failure may pass, the first included."""
    concurrency: int
    """Items in work at once, per worker process."""
    nothing_usable: str = "Aucun élément exploitable"
    """The `detail` of the 400 when no item is usable."""
    validation_status: Literal[400, 422] = 422
    options: list[Option] = []
    implementation: str = ""
    """Import path of the module's `process`; empty: `services.<slug>.extract`."""
    has_report: bool = False
    on_grid: bool = False
    """Its jobs are searches over tiles and not over items; its rows are places, unique over the job (scrap)."""
    keeps_unusable: bool = False
    """Unusable items keep a row with empty columns instead of being dropped (pagespeed)."""
    failures_are_answers: bool = False
    """A site that cannot be had is what the module is asked about: a row says so instead of an error (dead_check)."""
    carries: list[str] | None = None
    """Input columns carried through; None: all of them."""
    pipelinable: bool = True
    is_on_demand: bool = False
    coming_soon: bool = False
    attributions: list[str] = []
    """Lines of attribution that the module's sources require."""

    @property
    def path(self) -> str:
        """What names the module in commands and, but for one over a grid, the last segment of its route."""
        return self.slug.replace("_", "-")

    @property
    def endpoint(self) -> str:
        """Where its jobs are created."""
        return "/api/jobs" if self.on_grid else f"/api/jobs/{self.path}"

    @property
    def reads(self) -> list[str]:
        """Every key of an item that it needs or can go by; the first is what a single value stands for."""
        return [*self.needs, *(key for keys in self.needs_one_of for key in keys)]

    @property
    def requirements(self) -> dict[str, list[list[str]]]:
        """What an item must have, each the sets of keys of which one will do, by its name: `place_id | nom + ville`."""
        sets = [*([[key]] for key in self.needs), *([self.needs_one_of] if self.needs_one_of else [])]
        return {" | ".join(" + ".join(keys) for keys in one_of): one_of for one_of in sets}

    @property
    def columns(self) -> list[str]:
        """Names of the columns that every job produces, in order."""
        return [column.name for column in self.produced()]

    @property
    def list_columns(self) -> list[str]:
        """Those of `columns` whose values are lists."""
        return [column.name for column in self.produced() if column.type == "list"]

    def produced(self, wishes: Collection[str] = ()) -> list[Column]:
        """The columns of a job that asks for these, in order; see `Column.when`."""
        return [column for column in self.produces if not column.when or column.when in wishes]

    @property
    def signals(self) -> frozenset[str]:
        """Names of the columns that make a row a result."""
        return frozenset(column.name for column in self.produces if column.signal)

    def is_second_look(self, options: dict[str, Any]) -> bool:
        """Whether a job with these options goes over another one again."""
        return any(options.get(option.name) in option.second_look for option in self.options)

    def has_result(self, row: dict[str, Any]) -> bool:
        """Whether a row counts as a result."""
        return any(row.get(name) is not None for name in self.signals)

    def weight(self, options: dict[str, Any]) -> float:
        """France equivalents per 10 000 items under these options."""
        weights = (option.ef_weights.get(str(options.get(option.name)).lower()) for option in self.options)
        return max([weight for weight in weights if weight is not None], default=self.ef_weight)


class RegistryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of GET /api/modules-registry."""

    slug: str
    category: Category
    label: Text
    needs: list[str]
    produces: list[str]
    pipelinable: bool
    is_on_demand: bool
    coming_soon: bool
    alpha_unavailable: bool
    """Its source, key or inbox is not configured here; creating such a job answers 503."""
    api_endpoint: str


class ManifestError(ValueError):
    """A manifest cannot be used; the process must not start."""


def load_manifest(path: Path) -> ModuleSpec:
    """Read one manifest. Raises ManifestError naming the file."""
    try:
        spec = msgspec.toml.decode(path.read_bytes(), type=ModuleSpec)
    except (msgspec.DecodeError, OSError) as error:
        raise ManifestError(f"{path}: {error}") from None
    if spec.slug != path.stem:
        raise ManifestError(f"{path}: the slug {spec.slug!r} must be the file's name")
    return spec


@cache
def load_manifests(folders: tuple[Path, ...] = (MODULES_FOLDER,)) -> dict[str, ModuleSpec]:
    """Every manifest of the folders by slug, in alphabetical order. Raises ManifestError."""
    specs = [load_manifest(path) for folder in folders for path in folder.glob("*.toml")]
    return {spec.slug: spec for spec in sorted(specs, key=lambda spec: spec.slug)}


def read_key(item: dict[str, Any], key: str) -> Any:
    """The item's value for a canonical key: the key itself, else the first alias, else None."""
    if key in item:
        return item[key]
    names = ALIASES.get(key, frozenset())
    return next((item[name] for name in item if name.strip().lower() in names), None)


def has_key(items: Iterable[dict[str, Any]], key: str) -> bool:
    """Whether any item has the key or an alias of it."""
    names = ALIASES.get(key, frozenset({key}))
    return any(key in item or any(name.strip().lower() in names for name in item) for item in items)
