"""Cases of the cloud-run-v2 type."""

import copy
import json
import re
from pathlib import Path

from cases._document import base, case, variables
from cases._gcp import KEY_FILE, dump, published_template
from prefect_gcp.workers.cloud_run_v2 import CloudRunWorkerJobV2Configuration, CloudRunWorkerV2

CONFIGURATION = CloudRunWorkerJobV2Configuration
TEMPLATE = CloudRunWorkerV2.get_default_base_job_template()
BASE = base("cloud-run-v2")
EXTENDED = json.loads(Path(__file__).parents[1].joinpath("fixtures/cloud-run-extended.json").read_text())["cloud-run-v2"]
SECRET = {"secret": "prefect-key", "version": "latest"}
AUTH = {"secret": "prefect-auth", "version": "3"}
BODY = "/job_configuration/job_body"
TASK = f"{BODY}/template/template"
CONTAINER = f"{TASK}/containers/0"
SETTINGS = {"PREFECT_API_URL": "https://api.example.com", "PREFECT_API_KEY": "pnu_1", "PREFECT_API_AUTH_STRING": "admin:pass"}
DROP = object()


def request(configuration, document):
    """The job's name is no part of the configuration; its end is chance."""
    return isinstance(configuration.name, str) and {"name": re.sub(r"[0-9a-f]{7}$", "<attempt>", configuration.job_name)}


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


def of_template(id, changes, covers=None, given=None, **more):
    """A case with another template, and job variables."""
    set = {"/base_job_template": template(changes), "/flow_run/job_variables": given or {}, **more.pop("set", {})}
    return case(id, covers, set=set, **more)


def extended(id, given, covers="extended template"):
    return case(id, covers, set={"/base_job_template": EXTENDED, "/flow_run/job_variables": given})


MANY = {f"team-{index:02}": str(index) for index in range(70)}
KEY_FROM_SECRETS = {"env_from_secrets": {"PREFECT_API_KEY": SECRET, "DATABASE": {"secret": "db", "version": "1"}}}

CASES = [
    case("defaults", "INF E.2 golden body [V]"),
    case("no-deployment", "INF 0.3", set={"/deployment": None}, drop=["/flow_run/deployment_id"]),
    case("no-flow-no-pool", "INF 0.3", set={"/flow": None, "/work_pool": None}),
    # Environment and secrets.
    variables("env", {"env": {"PREFECT_API_URL": None, "A": "1", "N": 2, "F": 1.0, "B": True}}, "INF E.2 env"),
    of_template("env-appended", {f"{CONTAINER}/env": [{"name": "OWN", "value": "x"}, {"name": "A", "value": "weak"}]}, "INF E.2 [Q] appended to the container's env", {"env": {"A": "1"}}),
    case("plaintext-credentials", "INF E.2 warnings", set={"/worker/settings": SETTINGS}),
    variables("env-from-secrets", {"env_from_secrets": {"DATABASE": {"secret": "db", "version": "1"}}}, "INF E.2 [!] valueSource", set={"/worker/settings": SETTINGS}),
    variables("env-from-secrets-key", KEY_FROM_SECRETS, "INF E.2: the plain key goes", set={"/worker/settings": SETTINGS}),
    variables("env-from-secrets-auth", {"env_from_secrets": {"PREFECT_API_AUTH_STRING": AUTH}}, "INF E.2", set={"/worker/settings": SETTINGS}),
    variables("env-from-secrets-and-dedicated", {**KEY_FROM_SECRETS, "prefect_api_key_secret": {"secret": "other", "version": "2"}}, "INF E.2: both entries, the dedicated one last", set={"/worker/settings": SETTINGS}),
    variables("api-key-secret", {"prefect_api_key_secret": SECRET}, "INF E.2 [!] valueSource", set={"/worker/settings": SETTINGS}),
    variables("auth-string-secret", {"prefect_api_auth_string_secret": AUTH}, "INF E.2 [!] valueSource", set={"/worker/settings": SETTINGS}),
    variables("both-secrets", {"prefect_api_key_secret": SECRET, "prefect_api_auth_string_secret": AUTH}, "INF E.2"),
    variables("env-beside-same-secret", {"env": {"DATABASE": "plain"}, **KEY_FROM_SECRETS}, "INF E.2: other plain names stay"),
    variables("secret-unknown-keys-go", {"env_from_secrets": {"A": {**SECRET, "project": "p"}}}, "pydantic ignores extra keys"),
    # Labels.
    variables("labels-sanitized", {"labels": {"1-Team.Name/X": "Cats & Dogs", "é": "ü", "long" * 20: "V" * 70, "///": "dropped", "_a": ""}}, "INF E.2 labels"),
    variables("labels-64-cap", {"labels": MANY}, "INF D.2 labels: at most 64"),
    of_template("labels-existing-win", {f"{BODY}/labels": {"prefect-io-flow-name": "mine", "Own": "Kept"}, f"{BODY}/template/labels": {f"own-{index}": "x" for index in range(60)}}, "INF E.2 labels"),
    # Command, args, image.
    variables("command", {"command": "python -m 'my flow' --x=\"1 2\""}, "INF E.2"),
    variables("command-empty", {"command": ""}, "INF E.2 [V] an explicit empty command gives []"),
    of_template("command-list", {f"{CONTAINER}/command": ["a", "b c"]}, "INF E.2"),
    variables("args-list", {"args": ["-m", "x y"]}, "INF E.2 args"),
    variables("args-text", {"args": '-m prefect.engine "x y"'}, "INF E.2 args"),
    variables("args-null", {"args": None}, "INF E.2 args"),
    variables("image", {"image": "gcr.io/p/i:1"}, "INF E.2 image"),
    variables("image-null", {"image": None}, "INF E.2 image: an explicit null stays"),
    of_template("image-default", {f"{CONTAINER}/image": DROP}, "INF E.2 image: only if the key is absent"),
    # Names: no part of the configuration, but of the request.
    variables("name-fixed", {"name": "Fixed Name!"}, "INF E.1 [Q][V] explicit names are slugged and suffixed too"),
    variables("name-rendered", {"name": "{{ ctx.flow.name }}-x{{ ctx.flow_run.nope }}"}, "INF 0.3 [!] the job's name comes from the attribute"),
    variables("name-unknown-placeholder", {"name": "{{ ctx.flow_run.nope }}"}, "INF 0.3 [V] stays as written"),
    variables("name-number-placeholder", {"name": "{{ ctx.flow_run.run_count }}"}, "INF 0.3 [V] a value that is no text", differs="a name is text; a genuine worker of this type then cannot name the job"),
    case("name-empty-slug", "INF E.1 [Q][V] None-<suffix>", set={"/flow_run/name": "!!!"}),
    case("name-long", "INF E.1: 55 characters", set={"/flow_run/name": "Größte Katze der Welt, 1,000 Jahre alt - und noch kein bisschen müde"}),
    case("name-cut-at-dash", "INF E.1", set={"/flow_run/name": "a" * 54 + " b"}),
    # Network, Cloud SQL, time, stage.
    variables("vpc-connector", {"vpc_connector_name": "my-connector"}, "INF E.2 [V] vpcAccess"),
    variables("vpc-connector-null", {"vpc_connector_name": None}, "INF E.2 [V] vpcAccess removed"),
    variables("vpc-connector-empty", {"vpc_connector_name": ""}, "INF E.2 [V] vpcAccess kept for an empty text"),
    of_template("vpc-egress-null-connector", {f"{TASK}/vpcAccess/egress": "ALL_TRAFFIC"}, "INF E.2 [V] vpcAccess kept", {"vpc_connector_name": None}),
    of_template("vpc-egress", {f"{TASK}/vpcAccess/networkInterfaces": [{"network": "n"}]}, "INF E.2 [V] a missing connector beside it goes"),
    of_template("vpc-access-null", {f"{TASK}/vpcAccess": None}, "INF E.2 vpcAccess"),
    of_template("vpc-access-absent", {f"{TASK}/vpcAccess": DROP}, "INF E.2 vpcAccess"),
    variables("cloudsql", {"cloudsql_instances": ["p:r:i", "p:r:j"]}, "INF E.2 Cloud SQL"),
    variables("cloudsql-empty", {"cloudsql_instances": []}, "INF E.2 Cloud SQL"),
    variables("cloudsql-null", {"cloudsql_instances": None}, "INF E.2 Cloud SQL"),
    of_template("cloudsql-beside-volumes", {f"{TASK}/volumes": [{"name": "v", "emptyDir": {}}], f"{CONTAINER}/volumeMounts": [{"name": "v", "mountPath": "/v"}]}, "INF E.2 Cloud SQL preserves", {"cloudsql_instances": ["p:r:i"]}),
    variables("timeout-longest", {"timeout": "604800", "keep_job": "on", "region": "europe-west1"}, "INF E.1; pydantic's spellings"),
    variables("timeout-true", {"timeout": True, "max_retries": 5, "launch_stage": "GA"}, "INF E.1"),
    variables("unchecked-by-the-worker", {"cpu": "lots", "memory": "100Gigs", "max_retries": "x", "launch_stage": "NONE"}, "INF D.1 [!] the worker checks no pattern"),
    variables("account", {"service_account_name": "me@p.iam.gserviceaccount.com"}, "INF E.1"),
    of_template("unknown-fields-of-the-api", {f"{TASK}/encryptionKey": "k", f"{BODY}/binaryAuthorization": {"x": [1, None, 1.5]}, f"{CONTAINER}/startupProbe": {"tcpSocket": {"port": 1}}}, "unknown fields pass through"),
    of_template("sidecar", {f"{TASK}/containers": [{"env": []}, {"image": "b", "env": [{"name": "X", "value": "1"}]}]}, "only the first container is the flow's"),
    of_template("unknown-field-of-the-job", {"/job_configuration/my_field": "kept"}, "unknown fields of a job go"),
    # Credentials.
    variables("credentials-project", {"credentials": {"project": "my-project", "more": [1]}}, "INF D.1"),
    variables("credentials-info", {"credentials": {"service_account_info": KEY_FILE}}, "INF D.1"),
    variables("credentials-block", {"credentials": {"$ref": {"block_document_id": "00000000-0000-0000-0000-0000000000aa"}}}, "INF D.1", set={"/blocks": [{"id": "00000000-0000-0000-0000-0000000000aa", "type": "gcp-credentials", "name": "mine", "data": {"service_account_info": KEY_FILE}}]}),
    # What is refused.
    of_template("error-template-missing", {f"{BODY}/template": {}}, "INF E.1 missing required components"),
    of_template("error-body-empty", {BODY: {}}, "INF E.1"),
    of_template("error-containers-null", {f"{TASK}/containers": None}, "INF E.1"),
    of_template("error-containers-empty", {f"{TASK}/containers": []}, "INF E.1 [Q] passes the check and fails later"),
    of_template("error-container-null", {f"{TASK}/containers": [None]}, "INF E.1"),
    of_template("error-env-missing", {f"{CONTAINER}/env": DROP}, "INF E.2: the container's env must be there"),
    of_template("error-env-null", {f"{CONTAINER}/env": None}, "INF E.2"),
    of_template("error-labels-null", {f"{BODY}/template/labels": None}, "INF E.2"),
    of_template("error-volumes-null", {f"{TASK}/volumes": None}, "INF E.2", {"cloudsql_instances": ["p:r:i"]}),
    of_template("error-body-text", {BODY: "x"}, "INF E.1"),
    variables("error-timeout-zero", {"timeout": 0}, "INF E.1"),
    variables("error-timeout-above", {"timeout": 604801}, "INF E.1"),
    variables("error-timeout-null", {"timeout": None}, "INF E.1: null is no number here"),
    variables("error-keep-job-null", {"keep_job": None}, "INF E.1: null is no boolean here"),
    variables("error-region-null", {"region": None}, "INF E.1"),
    variables("error-credentials-null", {"credentials": None}, "INF E.1"),
    variables("error-credentials-key-missing", {"credentials": {"service_account_info": {key: value for key, value in KEY_FILE.items() if key != "private_key"}}}, "INF D.1"),
    variables("error-env-from-secrets-null", {"env_from_secrets": None}, "INF E.1"),
    variables("error-env-from-secrets-text", {"env_from_secrets": {"A": "secret"}}, "INF E.1"),
    variables("error-cloudsql-text", {"cloudsql_instances": "p:r:i"}, "INF E.1"),
    variables("error-cloudsql-number", {"cloudsql_instances": ["p:r:i", 1]}, "INF E.1"),
    variables("error-command-list", {"command": ["a"]}, "INF E.2 [V] a list is refused"),
    variables("error-command-quotes", {"command": 'a "b'}),
    # The older template.
    case("published-defaults", "INF 0.8", set={"/base_job_template": published_template("cloud-run-v2")}),
    case("published-variables", "INF 0.8", set={"/base_job_template": published_template("cloud-run-v2"), "/flow_run/job_variables": {"args": ["x"], "command": "a b", "vpc_connector_name": "c"}}),
    # The extended template.
    extended("extended-defaults", {}),
    extended("extended-gpu", {"gpu_selector": {"accelerator": "nvidia-l4"}, "gpu_count": "1", "gpu_zonal_redundancy_disabled": True, "cpu": "4000m"}),
    extended("extended-volumes", {"volumes": [{"name": "data", "gcs": {"bucket": "b", "readOnly": True}}, {"name": "files", "nfs": {"server": "10.0.0.2", "path": "/e"}}, {"name": "keys", "secret": {"secret": "s", "items": [{"version": "latest", "path": "k"}]}}], "volume_mounts": [{"name": "data", "mountPath": "/data"}], "cloudsql_instances": ["p:r:i"]}),
    extended("extended-network", {"network_interfaces": [{"network": "default", "subnetwork": "default", "tags": ["x"]}], "vpc_egress": "ALL_TRAFFIC"}),
    extended("extended-labels", {"job_labels": {"a": "B"}, "execution_labels": {"c": "d"}, "labels": {"A": "weak"}, "annotations": {"mine": "1"}, "execution_annotations": {"more": "2"}}),
    extended("extended-tasks", {"parallelism": 0, "task_count": 2, "max_retries": 0}),
    extended("extended-error-volumes-null", {"volumes": None, "cloudsql_instances": ["p:r:i"]}),
]
