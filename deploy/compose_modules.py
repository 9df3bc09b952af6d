"""Writes the modules' services into docker-compose.yml, one for each manifest: `python -m deploy.compose_modules`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from contracts.manifest import ModuleSpec, load_manifests

COMPOSE_FILE = Path(__file__).parent.parent / "docker-compose.yml"

_BEGIN = "  # modules: begin"
_END = "  # modules: end"


def module_service(spec: ModuleSpec) -> str:
    """The service of one module; what all workers share stands in the file's own `x-worker`."""
    return (
        f"  worker-{spec.path}:\n"
        "    <<: *worker\n"
        f'    command: ["worker", "{spec.slug}"]\n'
        "    environment: *worker-environment\n"
    )


def with_modules(compose: str, specs: Iterable[ModuleSpec]) -> str:
    """The file's text with the block between its two marks replaced. Raises ValueError when a mark is missing."""
    head, begin, rest = compose.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"the lines {_BEGIN.strip()!r} and {_END.strip()!r} must stand in the compose file")
    first_line = rest.partition("\n")[0]
    services = "\n".join(module_service(spec) for spec in specs if not spec.coming_soon)
    return f"{head}{begin}{first_line}\n{services}{end}{tail}"


def main() -> None:
    """Bring docker-compose.yml up to date with contracts/modules."""
    compose = COMPOSE_FILE.read_text(encoding="utf-8")
    COMPOSE_FILE.write_text(with_modules(compose, load_manifests().values()), encoding="utf-8")


if __name__ == "__main__":
    main()
