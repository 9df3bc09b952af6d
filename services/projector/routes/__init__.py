"""The read API: GET of the Jobs API."""

from services.projector.routes.artefacts import brand_asset
from services.projector.routes.jobs import get_job, list_jobs
from services.projector.routes.output import download_job, job_items, job_map, job_report
from services.projector.routes.stream import stream_job

ROUTES = [list_jobs, get_job, job_items, job_report, job_map, download_job, stream_job, brand_asset]

__all__ = ["ROUTES"]
