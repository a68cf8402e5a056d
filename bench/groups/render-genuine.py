"""Times a genuine worker's preparation of one job. Reads a document on standard input, writes milliseconds as JSON."""

import asyncio
import copy
import json
import logging
import sys
import time
import uuid

try:
    from prefect_kubernetes.worker import KubernetesWorker, KubernetesWorkerJobConfiguration
except ImportError:
    sys.exit("prefect-kubernetes is not installed; install it with: python -m pip install prefect-kubernetes==0.8.0")
from prefect.client.schemas.objects import Flow, FlowRun, WorkPool
from prefect.client.schemas.responses import DeploymentResponse
from prefect.workers.base import BaseJobConfiguration


class NoClient:
    """Nothing of this template is read from a server."""


def main():
    logging.disable(logging.CRITICAL)
    document, seconds = json.load(sys.stdin), float(sys.argv[1])
    settings = document["worker"]["settings"]
    BaseJobConfiguration._base_environment = classmethod(lambda cls: dict(settings))
    template = KubernetesWorker.get_default_base_job_template()
    flow_run, flow = FlowRun.model_validate(document["flow_run"]), Flow.model_validate(document["flow"])
    deployment = DeploymentResponse.model_validate(document["deployment"])
    pool = WorkPool.model_validate({"base_job_template": {}, **document["work_pool"]})
    values = dict(document["deployment"]["job_variables"])
    values.update(document["flow_run"]["job_variables"])

    async def render():
        configuration = await KubernetesWorkerJobConfiguration.from_template_and_values(
            base_job_template=template, values=copy.deepcopy(values), client=NoClient()
        )
        configuration.prepare_for_flow_run(
            flow_run=flow_run, deployment=deployment, flow=flow, work_pool=pool,
            worker_name=document["worker"]["name"], worker_id=uuid.UUID(document["worker"]["id"]),
        )  # fmt: skip

    async def measure():
        for _ in range(20):
            await render()
        samples, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end:
            start = time.perf_counter()
            await render()
            samples.append((time.perf_counter() - start) * 1000)
        return samples

    json.dump(asyncio.run(measure()), sys.stdout)


main()
