"""What dispatcher and worker tell Prometheus of a job that has run."""

import pytest

pytestmark = pytest.mark.parametrize("house", ["no collector"], indirect=True)


async def test_a_job_shows_in_the_metrics(house):
    await house.until_metrics(
        "dispatcher", **{'acting{role="dispatcher"}': 1, 'workers_concurrency{job_type="faulty"}': 20}
    )
    rows = [{"nom": "a"}, {"nom": "b", "do": "raise"}, {"nom": "c", "do": "retry 1"}, {"nom": "d", "do": "permanent"}]
    async with house.messages() as until_ended:
        await house.post(*rows, {"nom": "e", "do": "sleep 1500"})
        await house.until_metrics(
            "dispatcher",
            **{
                'jobs_active{job_type="faulty",state="running"}': 1,
                'items_out{job_type="faulty"}': 1,
                'items_window{job_type="faulty"}': 80,
            },
        )
        await house.until_metrics(
            "worker", **{'items_in_work{job_type="faulty"}': 1, 'items_in_hand{job_type="faulty"}': 1}
        )
        await until_ended()
    await house.until_metrics(
        "worker",
        **{
            'items_finished_total{job_type="faulty",outcome="ok"}': 3,
            'items_finished_total{job_type="faulty",outcome="module_error"}': 1,
            'items_finished_total{job_type="faulty",outcome="gone"}': 1,
            'item_attempts_total{job_type="faulty"}': 6,
            'item_retries_total{job_type="faulty"}': 1,
            'item_seconds_count{job_type="faulty"}': 5,
            'item_seconds_bucket{job_type="faulty",le="1.0"}': 4,
            "results_per_message_sum": 5,
            'suspects_total{job_type="faulty"}': 0,
            'items_in_work{job_type="faulty"}': 0,
            'items_in_hand{job_type="faulty"}': 0,
        },
    )
    await house.until_metrics(
        "dispatcher",
        **{
            'jobs_ended_total{job_type="faulty",status="done"}': 1,
            'jobs_active{job_type="faulty",state="running"}': 0,
            'items_out{job_type="faulty"}': 0,
        },
    )
