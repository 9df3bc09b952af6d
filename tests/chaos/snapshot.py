"""All that the read API says of some jobs, as raw bodies: what must be equal byte by byte."""

_PATHS = (
    "",
    "/items?limit=10000",
    "/items?offset=3&limit=5",
    "/report?limit=10000",
    "/download?format=csv",
    "/download?format=json",
    "/map",
)


async def snapshot(person, jobs):
    """Status and body of every read of every job, and of the list."""
    paths = ["/api/jobs?limit=500", *(f"/api/jobs/{job}{path}" for job in jobs for path in _PATHS)]
    answers = [(path, await person.reads.get(path)) for path in paths]
    return {path: (answer.status_code, answer.content) for path, answer in answers}


def difference(before, after):
    """What is not the same, for a failure's message."""
    return {path: (before[path], after[path]) for path in before if before[path] != after[path]}
