"""Writes results/<type>.jsonl: what the genuine packages make of the cases in cases/<type>.py.

Needs a Python with prefect==3.8.8, prefect-docker==0.7.4, prefect-kubernetes==0.8.0 and prefect-gcp==0.6.22 (with
fastapi==0.139.0 and sqlalchemy==2.0.58). `make-results.py [type ...]`; without a type, all of them.

A file cases/<type>.py defines `BASE`, a render document, and `CASES`, a list of `case(...)`. It may define
`CONFIGURATION`, the genuine configuration class, `TEMPLATE`, the template that "default" stands for, `dump(configuration)`,
its form in JSON, and `request(configuration, document)`, what the genuine worker would send.
"""

import asyncio
import contextlib
import copy
import importlib
import importlib.metadata
import json
import logging
import os
import sys
import uuid
from pathlib import Path
from types import SimpleNamespace

import httpx
from prefect.client.schemas.objects import Flow, FlowRun, WorkPool
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound
from prefect.workers.base import BaseJobConfiguration

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
PACKAGES = ["prefect", "prefect-docker", "prefect-kubernetes", "prefect-gcp"]


class Client:
    """Stands in for the API client: the reads that rendering makes, answered from the document."""

    def __init__(self, document):
        self.blocks = document.get("blocks") or []
        self.variables = document.get("variables") or {}

    async def read_block_document_by_name(self, name, block_type_slug):
        return self.find(lambda block: (block["type"], block["name"]) == (block_type_slug, name))

    async def read_block_document(self, block_document_id):
        return self.find(lambda block: block.get("id") == str(block_document_id))

    async def read_variable_by_name(self, name):
        return SimpleNamespace(value=self.variables[name]) if name in self.variables else None

    def find(self, matches):
        for block in self.blocks:
            if matches(block):
                return SimpleNamespace(data=copy.deepcopy(block["data"]))
        request = httpx.Request("GET", "http://localhost")
        error = httpx.HTTPStatusError("404", request=request, response=httpx.Response(404, request=request))
        raise ObjectNotFound(error)


@contextlib.contextmanager
def worker_surroundings(worker):
    """The settings and the process environment of the worker, for the time of one rendering."""
    settings = {name: str(value) for name, value in (worker.get("settings") or {}).items()}
    genuine, environment = BaseJobConfiguration.__dict__["_base_environment"], dict(os.environ)
    platform, sys.platform = sys.platform, worker.get("platform") or sys.platform
    BaseJobConfiguration._base_environment = classmethod(lambda cls: dict(settings))
    os.environ.clear()
    os.environ.update(worker.get("process_environment") or {})
    try:
        yield
    finally:
        BaseJobConfiguration._base_environment = genuine
        sys.platform = platform
        os.environ.clear()
        os.environ.update(environment)


def merge_variables(document):
    """As BaseJobConfiguration.resolve_for_flow_run does."""
    values = copy.deepcopy((document.get("deployment") or {}).get("job_variables") or {})
    run = copy.deepcopy(document["flow_run"].get("job_variables") or {})
    if isinstance(values.get("env"), dict):
        values["env"].update(run.pop("env", {}))
    values.update(run)
    return values


def render(module, document):
    template = document["base_job_template"]
    worker = document.get("worker") or {}
    flow_run = FlowRun.model_validate({"flow_id": str(uuid.UUID(int=7)), **document["flow_run"]})
    flow = Flow.model_validate(document["flow"]) if document.get("flow") else None
    deployment = DeploymentResponse.model_validate(document["deployment"]) if document.get("deployment") else None
    pool = WorkPool.model_validate({"base_job_template": {}, **document["work_pool"]}) if document.get("work_pool") else None
    with worker_surroundings(worker):
        configuration = asyncio.run(
            module.CONFIGURATION.from_template_and_values(
                base_job_template=copy.deepcopy(module.TEMPLATE if template == "default" else template),
                values=merge_variables(document),
                client=Client(document),
            )
        )
        configuration.prepare_for_flow_run(
            flow_run=flow_run,
            deployment=deployment,
            flow=flow,
            work_pool=pool,
            worker_name=worker.get("name"),
            worker_id=uuid.UUID(worker["id"]) if worker.get("id") else None,
        )
        dump = getattr(module, "dump", lambda it: it.model_dump(mode="json"))
        result = {"configuration": dump(configuration)}
        if hasattr(module, "request"):
            try:
                result["request"] = module.request(configuration, document)
            except Exception as error:  # noqa: BLE001
                result["request_error"] = {"type": type(error).__name__, "message": str(error)}
        return result


def set_at(document, pointer, value):
    *way, last = [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]
    at = document
    for key in way:
        at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {}) if at.get(key) is not None else at.__setitem__(key, {}) or at[key]
    if isinstance(at, list):
        at.insert(int(last), value)
    else:
        at[last] = value


def judge(module, case):
    document = copy.deepcopy(module.BASE)
    for pointer, value in case.get("set", {}).items():
        set_at(document, pointer, copy.deepcopy(value))
    for pointer in case.get("drop", []):
        *way, last = pointer.split("/")[1:]
        at = document
        for key in way:
            at = at[key]
        del at[last]
    try:
        result = render(module, document)
    except Exception as error:  # noqa: BLE001
        result = {"error": {"type": type(error).__name__, "message": str(error)}}
    told = {key: case[key] for key in ("id", "covers", "differs") if case.get(key)}
    return {**told, "document": document, **result}


def main():
    logging.disable(logging.CRITICAL)
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    wanted = sys.argv[1:] or sorted(path.stem.replace("_", "-") for path in (HERE / "cases").glob("*.py") if path.stem[0] != "_")
    for name in wanted:
        module = importlib.import_module(f"cases.{name.replace('-', '_')}")
        results = [judge(module, case) for case in module.CASES]
        ids = [result["id"] for result in results]
        assert len(set(ids)) == len(ids), sorted(i for i in ids if ids.count(i) > 1)
        lines = [json.dumps({"made with": versions}), *(json.dumps(result) for result in results)]
        (HERE / "results" / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
        failed = sum("error" in result for result in results)
        print(f"{name}: {len(results)} cases, {failed} of them errors")


if __name__ == "__main__":
    main()
