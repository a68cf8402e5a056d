"""Cases of the process type."""

from cases._document import base, case, variables
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker

CONFIGURATION = ProcessJobConfiguration
TEMPLATE = ProcessWorker.get_default_base_job_template()
BASE = base("process")


def dump(configuration):
    dumped = configuration.model_dump(mode="json")
    # The interpreter is the judge's own.
    if dumped["command"] and dumped["command"].endswith(" -m prefect.engine"):
        dumped["command"] = "python3 -m prefect.engine"
    return dumped


CASES = [
    case("defaults", "INF A.1"),
    variables("env-null-removes", {"env": {"HOME": None, "A": "1"}}, "INF A.2", differs="null removes what the worker itself has, too"),
]
