"""A render document that the cases of all types start from, and how a case is written."""

import copy

FLOW = {"id": "00000000-0000-0000-0000-000000000007", "name": "my flow", "tags": [], "labels": {}, "created": None, "updated": None}
FLOW_RUN = {
    "id": "00000000-0000-0000-0000-000000000008",
    "name": "crazy cat",
    "flow_id": FLOW["id"],
    "deployment_id": "00000000-0000-0000-0000-000000000009",
    "job_variables": {},
    "run_count": 2,
    "tags": ["one", "two"],
    "parameters": {"x": 1.0, "y": None},
}
DEPLOYMENT = {
    "id": FLOW_RUN["deployment_id"],
    "name": "my deployment",
    "flow_id": FLOW["id"],
    "entrypoint": "flows/hello.py:hello",
    "updated": "2026-01-02T03:04:05.678900Z",
    "job_variables": {},
}
WORK_POOL = {"id": "00000000-0000-0000-0000-000000000010", "name": "my pool", "default_queue_id": "00000000-0000-0000-0000-000000000011"}
WORKER = {
    "name": "worker 1",
    "id": "00000000-0000-0000-0000-000000000012",
    "settings": {"PREFECT_API_URL": "http://127.0.0.1:4200/api", "PREFECT_LOGGING_LEVEL": "DEBUG"},
    "process_environment": {"PATH": "/usr/bin:/bin", "HOME": "/root", "HOST": "node-1"},
}


def base(type, **more):
    """A document of this type with the type's default template."""
    document = {
        "type": type,
        "base_job_template": "default",
        "flow": FLOW,
        "flow_run": FLOW_RUN,
        "deployment": DEPLOYMENT,
        "work_pool": {**WORK_POOL, "type": type},
        "worker": WORKER,
        "blocks": [],
        "variables": {},
    }
    return copy.deepcopy({**document, **more})


def case(id, covers=None, set=None, drop=None, differs=None):
    """One case. `covers` names the facts that it is about, e.g. "INF B.2 [!]; row 55". `set` puts values at JSON pointers
    of the base document, `drop` removes what is at some. `differs` gives the reason where we decided otherwise."""
    return {"id": id, "covers": covers, "set": set or {}, "drop": drop or [], "differs": differs}


def variables(id, given, covers=None, **more):
    """A case in which the flow run sets job variables."""
    return case(id, covers, set={"/flow_run/job_variables": given, **more.pop("set", {})}, **more)
