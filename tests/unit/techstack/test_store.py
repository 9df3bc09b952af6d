"""Compiled rules on disk: made once, read by everybody, made anew when damaged."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs

from services.techstack import engine, store
from services.techstack.detect import detect
from services.techstack.engine import default_matcher
from services.techstack.fallback import LiteralFilter
from services.techstack.store import stored_matcher
from tests.unit.techstack.saved import GOLDEN, saved

PAGE = saved("sites")["savonnerie"].evidence()
EXPECTED = detect(PAGE)


@pytest.fixture(autouse=True)
def a_new_process(monkeypatch):
    """Nothing in memory: what a worker finds when it starts."""

    def forget():
        monkeypatch.setattr(store, "_matchers", {})

    forget()
    return forget


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Name and content of what a process without an extra set writes."""
    folder = tmp_path_factory.mktemp("good")
    store._matcher(folder, None)
    (path,) = compiled(folder)
    return path.name, path.read_bytes()


def compiled(folder):
    return sorted(folder.glob("rules-*.bin"))


def test_the_second_process_reads_what_the_first_compiled(tmp_path, a_new_process, monkeypatch):
    assert detect(PAGE, stored_matcher(tmp_path)) == EXPECTED
    (made,) = compiled(tmp_path)
    before = made.stat()
    a_new_process()
    monkeypatch.setattr(store, "_build", None)  # whoever compiles now fails
    again = stored_matcher(tmp_path)
    assert detect(PAGE, again) == EXPECTED
    assert again.rules == default_matcher().rules
    (read,) = compiled(tmp_path)
    assert (read, read.stat().st_mtime_ns, read.stat().st_ino) == (made, before.st_mtime_ns, before.st_ino)
    assert [path.name for path in tmp_path.iterdir()] == [made.name]  # no temporary file stays


def test_one_matcher_a_process(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: id(stored_matcher(tmp_path)), range(40)))) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:40],
        lambda data: data[:-1],
        lambda data: data[:5000] + bytes([data[5000] ^ 1]) + data[5001:],
        lambda data: data + b"x",
        lambda data: b"not ours at all" * 100,
    ],
    ids=["empty", "cut early", "cut late", "one bit", "longer", "foreign"],
)
def test_a_damaged_file_is_made_anew(tmp_path, a_new_process, good, damage):
    name, content = good
    path = tmp_path / name
    path.write_bytes(damage(content))
    with capture_logs() as logs:
        assert detect(PAGE, stored_matcher(tmp_path)) == EXPECTED
    assert [line["log_level"] for line in logs] == ["warning"]
    assert len(path.read_bytes()) == len(content)
    a_new_process()
    with capture_logs() as logs:
        stored_matcher(tmp_path)
    assert logs == []


def test_a_database_the_scanner_refuses_is_made_anew(tmp_path, good):
    """As on a processor of another kind: the file is whole, its databases are not for here."""
    import hashlib

    import msgspec

    path = tmp_path / good[0]
    content = msgspec.msgpack.decode(good[1][32:], type=store._Stored)
    databases = {name: b"\0" * len(data) for name, data in content.databases.items()}
    payload = msgspec.msgpack.encode(msgspec.structs.replace(content, databases=databases))
    path.write_bytes(hashlib.sha256(payload).digest() + payload)
    assert detect(PAGE, stored_matcher(tmp_path)) == EXPECTED
    assert path.read_bytes()[32:] != payload


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with capture_logs() as logs:
        assert detect(PAGE, stored_matcher(tmp_path / "file" / "techstack")) == EXPECTED
    assert [line["event"] for line in logs] == ["compiled technology rules cannot be kept"]


def test_an_extra_set_has_a_file_of_its_own_that_follows_its_content(tmp_path, a_new_process):
    extra = tmp_path / "technologies.json"
    (tmp_path / "categories.json").write_text('{"1": {"name": "CMS"}}')
    page = saved("negative")["empty_page"].evidence()
    for number, word in enumerate(["Accueil", "Ferme du Vallon"], start=1):
        extra.write_text(json.dumps({"Lagon": {"cats": [1], "text": word}}), "utf-8")
        a_new_process()
        found = detect(page, stored_matcher(tmp_path / "compiled", str(extra)))
        assert [one.slug for one in found] == (["lagon"] if number == 2 else [])
        assert len(compiled(tmp_path / "compiled")) == number
    assert detect(page, stored_matcher(tmp_path / "compiled")) == []


def test_what_is_left_out_is_said_once(tmp_path, a_new_process):
    for _ in range(2):  # when compiled, and when read
        a_new_process()
        with capture_logs() as logs:
            stored_matcher(tmp_path, str(GOLDEN / "extra"))
            stored_matcher(tmp_path, str(GOLDEN / "extra"))
        (line,) = logs
        assert (line["log_level"], line["added"], line["known"]) == ("info", 10, 3)
        assert (line["skipped_entries"], line["skipped_patterns"]) == (4, 8)


def test_a_set_that_cannot_be_read_leaves_our_own(tmp_path):
    with capture_logs() as logs:
        matcher = stored_matcher(tmp_path, str(tmp_path / "nowhere"))
    assert [line["log_level"] for line in logs] == ["error"]
    assert detect(PAGE, matcher) == EXPECTED


def test_files_of_old_rules_do_not_pile_up(tmp_path):
    for number in range(9):
        (tmp_path / f"rules-{number}.bin").write_bytes(b"old")
    stored_matcher(tmp_path)
    assert len(compiled(tmp_path)) == store._KEPT
    assert any(path.stat().st_size > 100_000 for path in compiled(tmp_path))


def test_without_hyperscan_nothing_of_it_is_stored(tmp_path, monkeypatch):
    for module in (store, engine):
        monkeypatch.setattr(module, "fastest_prefilter", lambda: LiteralFilter)
    assert detect(PAGE, stored_matcher(tmp_path)) == EXPECTED


def test_processes_that_start_together_agree(tmp_path):
    code = (
        "import sys; from pathlib import Path; from services.techstack.store import stored_matcher; "
        "print(len(stored_matcher(Path(sys.argv[1])).rules.technologies))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    counts = {process.communicate(timeout=60)[0].strip() for process in started}
    assert counts == {str(len(default_matcher().rules.technologies))}
    assert len(list(tmp_path.iterdir())) == 1
