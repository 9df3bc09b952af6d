"""What the documentation says is there: settings, streams, metrics, commands, make targets, files, links."""

import re
import shlex
from pathlib import Path

import msgspec
import pytest
import typer

from contracts import subjects
from contracts.manifest import load_manifests
from services.cli.app import build_app
from shared.observability.metrics import MetricName
from shared.settings import Settings

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
OPERATIONS = (ROOT / "docs/operations.md").read_text()
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def table_rows(heading):
    """The rows of the first table under a heading, as lists of cells."""
    section = OPERATIONS.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def shell_lines(page):
    """The commands of a page's bash blocks, continued lines joined."""
    blocks = re.findall(r"```bash\n(.*?)```", page.read_text(), re.DOTALL)
    return [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.strip()]


def outsend_commands():
    for page in PAGES:
        text = page.read_text()
        for line in [*shell_lines(page), *re.findall(r"`([^`\n]*outsend [a-z][^`\n]*)`", text)]:
            words = shlex.split(line, comments=True)
            if "outsend" in words:
                yield pytest.param(words[words.index("outsend") + 1 :], id=f"{page.name}: {line[:60]}")


def test_every_setting_is_explained():
    own = {"nats_url": "NATS_URL", "mongodb_url": "MONGODB_URL"}
    wanted = {own.get(field, f"OUTSEND_{field.upper()}") for field in Settings.__struct_fields__}
    assert wanted == {name for row in table_rows("Settings") for name in re.findall(r"`(\w+)`", row[0])}


def test_defaults_are_those_of_the_code():
    defaults = {name: text for name, text, *_ in table_rows("Settings") if "," not in name}
    for field in msgspec.structs.fields(Settings):
        text = defaults.get(f"`OUTSEND_{field.name.upper()}`", "").strip("`")
        if text == "empty":
            assert not getattr(Settings(), field.name)
        elif text and "…" not in text:
            assert Settings.from_env({f"OUTSEND_{field.name.upper()}": text}) == Settings(), field.name


def test_every_stream_and_bucket_is_listed():
    names = {value for name, value in vars(subjects).items() if name.endswith(("_STREAM", "_BUCKET"))}
    listed = {row[0].strip("`") for row in table_rows("Streams and buckets")}
    assert listed == names


def test_every_metric_is_listed():
    assert {row[0].strip("`") for row in table_rows("Metrics")} == set(MetricName.__args__)


@pytest.mark.parametrize("words", list(outsend_commands()))
def test_commands_exist(words):
    command = typer.main.get_command(build_app(load_manifests()))
    context = command.make_context("outsend", list(words))
    while words and hasattr(command, "get_command"):
        # `page-title` is the module that the page about adding one adds.
        name = {"page-title": "techstack"}.get(words[0], words[0])
        found = command.get_command(context, name)
        assert found is not None, f"there is no command {words[0]}"
        command, words = found, words[1:]
        context = command.make_context(name, [], parent=context, resilient_parsing=True)
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    assert {word.split("=")[0] for word in words if word.startswith("-") and word != "-"} <= known


@each_page
def test_make_targets_exist(page):
    targets = set(re.findall(r"^([a-z%-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    benches = {f"bench-{file.stem}" for file in (ROOT / "tests/bench").glob("*.py") if "__main__" in file.read_text()}
    asked = re.findall(r"(?:^|`|\n)make ([a-z-]+)", page.read_text())
    assert set(asked) <= targets | benches


@each_page
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, target


@each_page
def test_files_that_are_named_exist(page):
    named = re.findall(r"`((?:contracts|shared|services|deploy|tests|docs)/[\w./-]+)`", page.read_text())
    if page.name == "how-to-add-a-module.md":
        named = [path for path in named if "page_title" not in path]
    missing = [path for path in named if not (ROOT / path).exists()]
    assert not missing


def test_every_decision_is_in_the_index():
    index = (ROOT / "docs/adr/README.md").read_text()
    for page in sorted((ROOT / "docs/adr").glob("0*.md")):
        title = page.read_text().splitlines()[0]
        assert title.startswith(f"# {int(page.name[:4])}. ")
        assert f"[{page.name[:4]}]({page.name}) | {title.partition('. ')[2]} |" in index
