"""Cases of the cloud-run type."""

import copy
import json
from pathlib import Path

from cases._document import base, case, variables
from cases._gcp import KEY_FILE, dump, published_template
from prefect_gcp.workers.cloud_run import CloudRunWorker, CloudRunWorkerJobConfiguration

CONFIGURATION = CloudRunWorkerJobConfiguration
TEMPLATE = CloudRunWorker.get_default_base_job_template()
BASE = base("cloud-run")
EXTENDED = json.loads(Path(__file__).parents[1].joinpath("fixtures/cloud-run-extended.json").read_text())["cloud-run"]
SECRET = {"secret": "prefect-key", "version": "latest"}
AUTH = {"secret": "prefect-auth", "version": "3"}
CONTAINER = "/job_configuration/job_body/spec/template/spec/template/spec/containers/0"
LAUNCH_STAGE = "run.googleapis.com/launch-stage"
SETTINGS = {"PREFECT_API_URL": "https://api.example.com", "PREFECT_API_KEY": "pnu_1", "PREFECT_API_AUTH_STRING": "admin:pass"}


def template(changes):
    """The default template with values set at pointers."""
    changed = copy.deepcopy(TEMPLATE)
    for pointer, value in changes.items():
        *way, last = [key.replace("~1", "/") for key in pointer.split("/")[1:]]
        at = changed
        for key in way:
            at = at[int(key)] if isinstance(at, list) else at[key]
        last = int(last) if isinstance(at, list) else last
        if value is DROP:
            del at[last]
        else:
            at[last] = value
    return changed


DROP = object()
BODY = "/job_configuration/job_body"


def of_template(id, changes, covers=None, given=None, **more):
    """A case with another template, and job variables."""
    set = {"/base_job_template": template(changes), "/flow_run/job_variables": given or {}, **more.pop("set", {})}
    return case(id, covers, set=set, **more)


def extended(id, given, covers="extended template"):
    return case(id, covers, set={"/base_job_template": EXTENDED, "/flow_run/job_variables": given})


def documented_template():
    """The job body that document S0 prints, with args in place of the command."""
    changed = template({f"{CONTAINER}/command": DROP})
    changed["job_configuration"]["job_body"]["spec"]["template"]["spec"]["template"]["spec"]["containers"][0]["args"] = "{{ args }}"
    return changed


def documented(id, given, covers):
    return case(id, covers, set={"/base_job_template": documented_template(), "/flow_run/job_variables": given})


def custom_annotation(id, given, covers):
    return of_template(id, {f"{BODY}/metadata/annotations/run.googleapis.com~1my-custom-annotation": "{{ my_custom_annotation }}"}, covers, given)


MANY = {f"team-{index:02}": str(index) for index in range(70)}

CASES = [
    case("defaults", "INF D.2 golden body [V]; rows 6-9, 13-18, 33, 37, 43-47"),
    case("no-deployment", "row 46", set={"/deployment": None}, drop=["/flow_run/deployment_id"]),
    case("no-flow-no-pool", "row 47", set={"/flow": None, "/work_pool": None}),
    case("no-worker-id", "row 42", drop=["/worker/id"]),
    # Environment and secrets.
    variables("env-null-removes", {"env": {"PREFECT_API_URL": None, "A": "1", "N": 2, "F": 1.0, "B": True}}, "INF D.2 env"),
    of_template("env-replaces-container-env", {f"{CONTAINER}/env": [{"name": "GONE", "value": "x"}]}, "INF D.2: the container's env is replaced"),
    case("plaintext-credentials", "INF D.2 warnings", set={"/worker/settings": SETTINGS}),
    variables("api-key-secret", {"prefect_api_key_secret": SECRET}, "INF D.2 [!] valueFrom; row 38", set={"/worker/settings": SETTINGS}),
    variables("auth-string-secret", {"prefect_api_auth_string_secret": AUTH}, "INF D.2 [!] valueFrom; row 39", set={"/worker/settings": SETTINGS}),
    variables("both-secrets", {"prefect_api_key_secret": SECRET, "prefect_api_auth_string_secret": AUTH}, "INF D.2 [!]; rows 38, 39", set={"/worker/settings": SETTINGS}),
    variables("secret-without-plain-value", {"prefect_api_key_secret": SECRET}, "INF D.2 [!] even if no plain value existed"),
    variables("secret-unknown-keys-go", {"prefect_api_key_secret": {**SECRET, "project": "p"}}, "pydantic ignores extra keys"),
    variables("secret-null", {"prefect_api_key_secret": None}),
    # Labels.
    variables("labels-sanitized", {"labels": {"1-Team.Name/X": "Cats & Dogs", "é": "ü", "long" * 20: "V" * 70, "///": "dropped", "_a": ""}}, "INF D.2 labels"),
    variables("labels-64-cap", {"labels": MANY}, "INF D.2 labels: at most 64"),
    of_template("labels-existing-win", {f"{BODY}/metadata/labels": {"prefect-io-flow-name": "mine", "Own": "Kept"}}, "INF D.2 labels: those of the body win"),
    of_template("labels-existing-cap", {f"{BODY}/metadata/labels": {f"own-{index}": "x" for index in range(60)}}, "INF D.2 labels: the last Prefect labels go"),
    of_template("labels-existing-above-cap", {f"{BODY}/spec/template/metadata/labels": {f"own-{index}": "x" for index in range(70)}}, "INF D.2 labels: those of the body are never dropped"),
    of_template("execution-metadata-made", {f"{BODY}/spec/template/metadata": DROP}, "INF D.2 labels"),
    # Command, args, image.
    variables("command", {"command": "python -m 'my flow' --x=\"1 2\""}, "INF D.2; rows 24, 43"),
    variables("command-empty", {"command": ""}, "INF E.2 [V] an explicit empty command gives []"),
    of_template("command-list", {f"{CONTAINER}/command": ["a", "b c"]}, "INF D.2: a list is kept"),
    documented("args-text", {"args": '-m prefect.engine "x y"'}, "INF D.1 [V] args; row 11"),
    documented("args-list", {"args": ["-m", "x y"]}, "INF D.1 [V] args; row 11"),
    documented("args-unset", {}, "INF D.1 [V] args; row 11"),
    documented("args-and-command", {"args": "a", "command": "mine x"}, "INF D.1: the default command, whatever the variable says"),
    variables("image", {"image": "gcr.io/p/i:1"}, "row 10"),
    variables("image-null", {"image": None}, "row 10: an explicit null stays"),
    # Names.
    variables("name-raw", {"name": "Fixed Name!"}, "INF D.2 [Q][V] an explicit name is used as it is; row 8"),
    variables("name-unrendered", {"name": "{{ ctx.flow.name }}-x"}, "INF 0.3 [!], D.2 [Q][V] the body has the placeholder; row 8"),
    variables("name-null", {"name": None}, "INF D.2 [Q][V] an explicit null"),
    variables("name-empty", {"name": ""}, "INF D.2 [Q][V] an explicit empty text"),
    case("name-empty-slug", "INF D.2 [Q][V] None-<suffix>", set={"/flow_run/name": "!!!"}),
    case("name-long", "INF D.2: 30 characters", set={"/flow_run/name": "Größte Katze der Welt, 1,000 Jahre alt - endlich"}),
    of_template("name-hard-coded", {f"{BODY}/metadata/name": "fixed"}, "row 30", {"name": "ignored"}),
    # Fields of the type.
    variables("resources", {"cpu": "2000m", "memory": "2Gi"}, "rows 12-15"),
    variables("cpu-unchecked", {"cpu": "100", "memory": "100Gigs"}, "INF D.1 [!] the worker checks no pattern; row 12"),
    variables("vpc-and-account", {"vpc_connector_name": "my-connector", "service_account_name": "me@p.iam.gserviceaccount.com"}, "rows 17, 18"),
    of_template("vpc-hard-coded", {f"{BODY}/spec/template/metadata/annotations/run.googleapis.com~1vpc-access-connector": "my-vpc-connector"}, "INF D.1; row 31", {"vpc_connector_name": "other"}),
    custom_annotation("custom-annotation", {"my_custom_annotation": "my-custom-value"}, "INF D.1 [V]; rows 24, 26-28"),
    custom_annotation("custom-annotation-unset", {}, "INF D.1 [V]; row 28"),
    variables("keep-job", {"keep_job": "yes", "timeout": "3600", "region": "europe-west1"}, "pydantic's spellings; rows 19, 33, 36, 37"),
    variables("keep-job-null", {"keep_job": None, "timeout": None}, "INF D.1: both may be null"),
    variables("timeout-least", {"timeout": 1}, "row 36"),
    variables("timeout-true", {"timeout": True}, "pydantic takes true for 1"),
    variables("timeout-text-float", {"timeout": " 6_0.0 "}, "pydantic's spellings"),
    variables("removed-placeholder", {"nothing_like_it": 1}, "row 25"),
    of_template("unknown-fields-of-the-api", {f"{BODY}/spec/template/spec/template/spec/dnsPolicy": {"x": [1, None, {"y": 1.5}]}, f"{BODY}/extra": "kept", f"{CONTAINER}/livenessProbe": {"httpGet": {"path": "/"}}}, "unknown fields pass through"),
    of_template("sidecar", {f"{BODY}/spec/template/spec/template/spec/containers": [{"image": "a"}, {"image": "b", "env": [{"name": "X", "value": "1"}]}]}, "only the first container is the flow's"),
    of_template("unknown-field-of-the-job", {"/job_configuration/my_field": "kept"}, "unknown fields of a job go"),
    # Credentials.
    variables("credentials-project", {"credentials": {"project": "my-project"}}, "INF D.1; row 41"),
    variables("credentials-null", {"credentials": None}, "row 34"),
    variables("credentials-info", {"credentials": {"service_account_info": KEY_FILE}}, "INF D.1: the project of the service account; rows 34, 41"),
    variables("credentials-info-text", {"credentials": {"service_account_info": json.dumps(KEY_FILE), "project": "other"}}, "INF D.1: JSON as text"),
    variables("credentials-block", {"credentials": {"$ref": {"block_document_id": "00000000-0000-0000-0000-0000000000aa"}}}, "row 34", set={"/blocks": [{"id": "00000000-0000-0000-0000-0000000000aa", "type": "gcp-credentials", "name": "mine", "data": {"service_account_info": KEY_FILE}}]}),
    of_template("credentials-block-in-template", {"/job_configuration/credentials": "{{ prefect.blocks.gcp-credentials.mine }}"}, "row 34", set={"/blocks": [{"type": "gcp-credentials", "name": "mine", "data": {"project": "block-project"}}]}),
    variables("credentials-file-missing", {"credentials": {"service_account_file": "/nowhere/key.json", "project": "p"}}, "INF D.1", differs="rendering reads no file; whether it exists shows when a worker connects"),
    # What is refused.
    of_template("error-launch-stage", {f"{BODY}/metadata/annotations/run.googleapis.com~1launch-stage": "GA"}, "INF D.1 [!][V] only BETA, with ~1; row 9"),
    of_template("error-launch-stage-missing", {f"{BODY}/metadata/annotations": {}}, "INF D.1 [V]; row 9"),
    of_template("error-api-version", {f"{BODY}/apiVersion": "v1"}, "row 6"),
    of_template("error-kind", {f"{BODY}/kind": "Service"}, "row 7"),
    of_template("error-missing-and-incompatible", {f"{BODY}/kind": DROP, f"{BODY}/apiVersion": 1, f"{BODY}/spec": {}}, "row 35"),
    of_template("error-containers-empty", {f"{BODY}/spec/template/spec/template/spec/containers": []}, "row 35"),
    of_template("error-container-text", {f"{BODY}/spec/template/spec/template/spec/containers": ["x"]}, "row 35"),
    of_template("error-body-missing", {BODY: DROP}, "row 35"),
    of_template("error-labels-null", {f"{BODY}/metadata/labels": None}),
    variables("error-timeout-zero", {"timeout": 0}, "row 36"),
    variables("error-timeout-above", {"timeout": 3601}, "row 36"),
    variables("error-timeout-fraction", {"timeout": 600.5}, "row 36"),
    variables("error-timeout-text", {"timeout": "1e3"}, "row 36"),
    variables("error-keep-job", {"keep_job": "maybe"}, "row 37"),
    variables("error-region", {"region": 5}, "row 33"),
    variables("error-command-list", {"command": ["a"]}, "INF E.2 [V] a list is refused"),
    variables("error-command-quotes", {"command": "a 'b"}),
    documented("error-args-quotes", {"args": "a 'b"}, "row 11"),
    variables("error-secret-version", {"prefect_api_key_secret": {"secret": "a"}}, "row 38"),
    variables("error-secret-number", {"prefect_api_auth_string_secret": {"secret": "a", "version": 1}}, "row 39"),
    variables("error-secret-text", {"prefect_api_key_secret": "a"}, "row 38"),
    variables("error-credentials-text", {"credentials": "mine"}, "row 34"),
    variables("error-credentials-both", {"credentials": {"service_account_info": KEY_FILE, "service_account_file": "/"}}, "INF D.1: both given"),
    variables("error-credentials-info-json", {"credentials": {"service_account_info": "{"}}, "INF D.1: invalid JSON"),
    variables("error-credentials-info-incomplete", {"credentials": {"service_account_info": {"client_email": "a"}}}, "INF D.1"),
    variables("error-credentials-block-missing", {"credentials": {"$ref": {"block_document_id": "00000000-0000-0000-0000-0000000000ab"}}}, "row 34"),
    variables("error-credentials-other-block", {"credentials": {"block_type_slug": "aws-credentials"}}, "row 34"),
    variables("error-label-number", {"labels": {"a": 1}}),
    # The older template.
    case("published-defaults", "INF 0.8", set={"/base_job_template": published_template("cloud-run")}),
    case("published-variables", "INF 0.8", set={"/base_job_template": published_template("cloud-run"), "/flow_run/job_variables": {"cpu": "1000m", "command": "a b", "service_account_name": "me"}}),
    # The extended template.
    extended("extended-defaults", {}),
    extended("extended-gpu", {"gpu_selector": {"run.googleapis.com/accelerator": "nvidia-l4"}, "gpu_count": "1", "gpu_zonal_redundancy_disabled": "true", "cpu": "4000m"}),
    extended("extended-volumes", {"volumes": [{"name": "data", "csi": {"driver": "gcsfuse.run.googleapis.com", "volumeAttributes": {"bucketName": "b"}}}, {"name": "files", "nfs": {"server": "10.0.0.2", "path": "/e"}}, {"name": "keys", "secret": {"secretName": "s", "items": [{"key": "latest", "path": "k"}]}}], "volume_mounts": [{"name": "data", "mountPath": "/data"}]}),
    extended("extended-network", {"network_interfaces": '[{"network":"default","subnetwork":"default"}]', "vpc_egress": "all-traffic", "cloudsql_instances": "p:r:i,p:r:j"}),
    extended("extended-labels", {"job_labels": {"a": "B"}, "execution_labels": {"c": "d"}, "labels": {"A": "weak"}, "annotations": {LAUNCH_STAGE: "BETA", "mine": "1"}}),
    extended("extended-tasks", {"parallelism": 0, "task_count": 2, "max_retries": 0, "service_account_name": "me@p.iam.gserviceaccount.com"}),
    extended("extended-error-launch-stage", {"annotations": {"mine": "1"}}, "extended template; row 9"),
]
