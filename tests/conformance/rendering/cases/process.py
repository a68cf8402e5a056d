"""Cases of the process type."""

import json

from cases._document import base, case, variables
from prefect.utilities.processutils import command_from_string
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


def request(configuration, document):
    argv = command_from_string(configuration.command)
    if not argv:
        raise ValueError("Process cannot be run with empty command.")  # as run_process of the same module does
    return {"argv": ["python3", *argv[1:]] if argv[1:] == ["-m", "prefect.engine"] else argv, "working_dir": dump(configuration)["working_dir"]}


def table(prefix, covers, key, values):
    return [variables(f"{prefix}-{index}-{json.dumps(value)}", {key: value}, covers) for index, value in enumerate(values)]


def template(id, job, properties, given=None, covers="INF 0.2", **more):
    changes = {"/base_job_template": {"job_configuration": job, "variables": {"type": "object", "properties": properties}}}
    return case(id, covers, set={**changes, "/flow_run/job_variables": given or {}, **more})


BLOCKS = [
    {"id": "00000000-0000-0000-0000-0000000000ab", "type": "secret", "name": "token", "data": {"value": "t0p"}},
    {"id": "00000000-0000-0000-0000-0000000000ac", "type": "json", "name": "limits", "data": {"value": {"n": 1.0, "env": {"A": "b", "N": None}}}},
]
INHERITED = {"PATH": "/bin", "PREFECT__FLOW_ENTRYPOINT": "other.py:flow", "PREFECT__DEPLOYMENT_ID": "other", "AEDILE_ATTEMPT": "other", "A": "inherited"}

CASES = [
    case("defaults", "INF A.1; A.2"),
    case("golden-example", "INF A.2 golden example [V]", set={"/flow_run/name": "Crazy Cat.1"}),
    case("nothing-known", "INF 0.3 groups are absent", set={"/flow": None, "/deployment": None, "/work_pool": None, "/worker": {"settings": {}}}),
    case("run-without-deployment", "INF 0.3", set={"/deployment": None, "/flow_run/deployment_id": None}),
    case("deployment-never-updated", "INF 0.3", drop=["/deployment/updated"]),
    # Environment.
    variables("env-null-removes", {"env": {"HOME": None, "A": "1"}}, "INF A.2 [Q] an inherited variable cannot be unset"),
    variables("env-null-removes-settings", {"env": {"PREFECT_LOGGING_LEVEL": None, "PREFECT__WORKER_ID": None, "NEVER": None}}, "INF 0.3; A.2"),
    variables("env-null-of-setting-and-inherited", {"env": {"PREFECT_API_URL": None}}, "INF A.2 [Q]", set={"/worker/process_environment": {"PREFECT_API_URL": "os"}}),
    case("env-inherited-run", "INF A.2 all that the worker has is handed down", set={"/worker/process_environment": INHERITED}),
    case("env-inherited-run-no-deployment", "INF A.2", set={"/worker/process_environment": INHERITED, "/deployment": None, "/flow_run/deployment_id": None}),
    variables("env-layers", {"env": {"A": "run", "PATH": "/mine", "PREFECT__FLOW_ID": "mine", "PREFECT_LOGGING_LEVEL": "INFO"}}, "INF 0.3; A.2", set={"/worker/process_environment": INHERITED}),
    variables("env-number-text", {"env": {"I": 1, "F": 1.0, "E": 1e22, "T": True, "L": [1.0, "a", None, False], "M": {"a": "it's", "b": 'q"'}}}, "INF 0.1 coerced"),
    *table("env-refused", "INF 0.1", "env", [[], "A=1", 1, None]),
    variables("env-dotted", {"env.A": "1", "env.B": 2.50, "env.C": None}, "INF 0.2 step 4"),
    variables("env-dotted-under-nested", {"env.A": "dotted", "env.D": "d", "env": {"A": "nested"}}, "INF 0.2 step 4"),
    case(
        "env-deployment-under-run",
        "INF 0.2 per-run values",
        set={"/deployment/job_variables": {"env": {"A": "1", "B": "1", "C": None}, "name": "d"}, "/flow_run/job_variables": {"env": {"B": None, "C": "3"}}},
    ),
    case("env-dotted-in-run", "INF 0.2", set={"/deployment/job_variables": {"env": {"A": "1"}}, "/flow_run/job_variables": {"env.A": "2", "env.B": "3"}}),
    template("env-default", {"env": "{{ env }}"}, {"env": {"default": {"A": "1", "B": "2"}}}, {"env": {"B": "3"}}, "INF 0.2 step 3"),
    template("env-literal-and-default", {"env": {"A": "t", "X": "x"}}, {"env": {"default": {"A": "d"}}}, {"env": {"C": "v"}}, "INF 0.2 steps 3, 5"),
    template("env-literal-and-values", {"env": {"A": "t", "B": "{{ b }}", "C": "{{ missing }}", "D": "<{{ missing }}>"}}, {"b": {"default": 1.0}}, {"env": {"A": "v"}}, "INF 0.2 steps 5, 6 [!]"),
    template("env-placeholder-of-variable", {"env": {"A": "{{ a }}", "B": "n={{ n }}"}}, {"a": {}, "n": {}}, {"a": None, "n": 1.50}, "INF 0.2 step 6 [!] explicit null"),
    template("null-default-is-none", {"command": "{{ c }}", "name": "{{ n }}-"}, {"c": {"default": None}, "n": {"default": None}}, covers="INF 0.2 steps 2, 6"),
    # Labels, name, command.
    variables("labels", {"labels": {"team": "cats", "prefect.io/flow-name": "mine", "a.b/c": "d"}}, "INF 0.3; A.2 labels stay"),
    *table("labels-refused", "INF 0.1", "labels", [None, [], "a", {"a": 1}, {"a": None}]),
    *table("command", "INF A.2 command", "command", ["echo 'a b' c", "", None, "a\\ b \"c'd\" 'e\"f'"]),
    *table("command-unrunnable", "INF A.3", "command", [" ", "echo 'a", "a\\"]),
    *table("command-refused", "INF 0.1", "command", [["echo"], 1, True, {}]),
    *table(
        "name",
        "INF 0.3 names",
        "name",
        ["mine", "", None, "a-{{ ctx.flow_run.nope }}-b", "{{ ctx.flow_run.nope }}", "{{ ctx.flow.name }}/{{ ctx.flow_run.run_count }}", "{{ ctx.flow_run.tags }}!", "{{ctx.flow_run.name}}"],
    ),
    variables("name-zero", {"name": "{{ ctx.flow_run.run_count }}"}, "INF 0.3 [V] a name that is one placeholder with a number", set={"/flow_run/run_count": 0}),
    variables(
        "name-number",
        {"name": "{{ ctx.flow_run.run_count }}"},
        "INF 0.3 [V] a name that is one placeholder with a number",
        differs="there a number stands where its class says text; ours is its text",
    ),
    template("name-filled-before", {"name": "{{ n }}", "command": "echo {{ ctx.flow_run.name }}"}, {"n": {}}, {"n": "x {{ ctx.flow.name }}"}, "INF 0.3 [!] only the name is rendered"),
    *table("name-refused", "INF 0.1", "name", [1, ["a"], False]),
    # The type's own fields.
    *table("stream-output", "INF A.1; pydantic's booleans", "stream_output", [False, "off", "F", "no", "0", 0, 0.0, "True", "on", "y", "yes", "t", "1", 1, 1.0]),
    *table("stream-output-refused", "INF A.1; pydantic's booleans", "stream_output", [None, "", " 1", "2", 2, 1.5, [], {}, "maybe"]),
    *table("working-dir", "INF A.1 working_dir is a path", "working_dir", ["/srv/flows", None, "", ".", "rel", "./x", "a//b/", "/a/./b/..", "//x", "///x", "/", "~/x", "a b"]),
    *table("working-dir-refused", "INF A.1", "working_dir", [7, True, [], {}]),
    # References, variables, unknown things.
    variables("blocks", {"env": {"T": "{{ prefect.blocks.secret.token }}", "N": "n {{ prefect.blocks.json.limits.value.n }}"}}, "INF 0.2 step 7", set={"/blocks": BLOCKS}),
    variables("block-is-env", {"env": "{{ prefect.blocks.json.limits.value.env }}"}, "INF 0.2 step 7", set={"/blocks": BLOCKS}),
    variables("block-missing", {"env": {"T": "{{ prefect.blocks.secret.nobody }}"}}, "INF 0.2 step 7"),
    variables("variables", {"env": {"A": "{{ prefect.variables.a }}", "B": "<{{ prefect.variables.b }}>", "C": "{{ prefect.variables.none }}"}}, "INF 0.2 step 7", set={"/variables": {"a": 1.0, "b": {"x": [1]}}}),
    variables("unknown-variable", {"working_directory": "/x"}, "INF 0.2"),
    template("unknown-field", {"command": "true", "colour": "red", "nested": {"a": 1}}, {}, covers="INF 0.2; pydantic drops fields that the class lacks"),
    template("empty-template", {}, {}, covers="INF 0.2 fields that a template leaves out have their defaults"),
]
