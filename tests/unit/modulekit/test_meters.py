"""A module that makes up error codes must not fill Prometheus."""

from prometheus_client import REGISTRY

from contracts.events import ItemError, ItemProcessed
from shared.modulekit.meters import ItemMeters


def test_outcomes_are_bounded():
    meters = ItemMeters("inventive", ())
    for number in range(100):
        error = ItemError(code=f"code_{number}", message="")
        meters.finished(ItemProcessed(index=number, duration_ms=1500, rows=[], error=error))
    meters.finished(ItemProcessed(index=100, duration_ms=1500, rows=[]))
    [family] = [family for family in REGISTRY.collect() if family.name == "outsend_items_finished"]
    counts = {
        sample.labels["outcome"]: sample.value
        for sample in family.samples
        if sample.name.endswith("_total") and sample.labels["job_type"] == "inventive"
    }
    assert len(counts) == 41
    assert (counts["ok"], counts["code_0"], counts["other"], sum(counts.values())) == (1, 1, 61, 101)
    about = {"job_type": "inventive"}
    assert REGISTRY.get_sample_value("outsend_item_seconds_sum", about) == 151.5
