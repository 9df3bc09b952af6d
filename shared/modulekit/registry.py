"""Which modules there are, and where their code is."""

from __future__ import annotations

import importlib
from typing import cast

from contracts.manifest import MODULES_FOLDER, ManifestError, ModuleSpec, RegistryEntry, load_manifests
from shared.modulekit.module import Process
from shared.settings import Settings


def module_specs(settings: Settings) -> dict[str, ModuleSpec]:
    """Every module by slug: the product's own and those of the settings' folders. Raises ManifestError."""
    return load_manifests((MODULES_FOLDER, *settings.module_folders))


def load_process(spec: ModuleSpec) -> Process:
    """A module's code. Raises ManifestError when it cannot be imported."""
    path = spec.implementation or f"services.{spec.slug}.extract"
    try:
        return cast("Process", importlib.import_module(path).process)
    except (ImportError, AttributeError) as error:
        raise ManifestError(f"module {spec.slug}: {path}.process cannot be loaded: {error}") from error


def registry_entry(spec: ModuleSpec, *, unavailable: bool = False) -> RegistryEntry:
    """A module as GET /api/modules-registry shows it."""
    return RegistryEntry(
        slug=spec.slug,
        category=spec.category,
        label=spec.label,
        needs=list(spec.requirements),
        produces=spec.columns,
        pipelinable=spec.pipelinable,
        is_on_demand=spec.is_on_demand,
        coming_soon=spec.coming_soon,
        alpha_unavailable=unavailable,
        api_endpoint=spec.endpoint,
    )
