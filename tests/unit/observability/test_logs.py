"""Lines that machines can read, and that tell no secret."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import logging, sys
import structlog
from shared.observability.logs import configure_logging
from shared.settings import Settings

configure_logging(Settings(log_json={json}, log_level="info"), "test")
log = structlog.get_logger("x")
log.debug("silent")
with structlog.contextvars.bound_contextvars(tenant="u_1", job_id="j_1"):
    log.info("job_requested", items=3)
logging.getLogger("uvicorn.error").info("silent too")
logging.getLogger("uvicorn.error").warning("a library's %s", "line")

def login(password):
    raise ValueError("broken")

try:
    login("hunter2")
except ValueError:
    log.exception("unexpected")
    logging.getLogger("library").exception("unexpected there")
"""


def lines(as_json):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("{json}", str(as_json))], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr


def test_json_lines_carry_their_context():
    job, library, error, foreign = [json.loads(line) for line in lines(True).splitlines()]
    assert (
        job.items() >= {"event": "job_requested", "tenant": "u_1", "job_id": "j_1", "items": 3, "level": "info"}.items()
    )
    assert job["service"] == "test"
    assert job["time"].endswith("Z")
    assert (library["event"], library["level"]) == ("a library's line", "warning")
    assert "tenant" not in library
    assert error["exception"][0]["exc_type"] == foreign["exception"][0]["exc_type"] == "ValueError"


@pytest.mark.parametrize("as_json", [True, False])
def test_tracebacks_show_no_local_variables(as_json):
    text = lines(as_json)
    assert "broken" in text
    assert "hunter2" not in text
