"""Cases of the Kubernetes type."""

import asyncio
import copy
import json
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import prefect_kubernetes.worker as genuine
from cases._document import base, case, variables
from kubernetes_asyncio.client import ApiClient
from kubernetes_asyncio.client.exceptions import ApiException
from prefect_kubernetes.worker import KubernetesWorker, KubernetesWorkerJobConfiguration

CONFIGURATION = KubernetesWorkerJobConfiguration
TEMPLATE = KubernetesWorker.get_default_base_job_template()
BASE = base("kubernetes")
# Written by our own code; a test of the package holds the two equal.
EXTENDED = json.loads((Path(__file__).parent / "kubernetes-extended.json").read_text())
REGISTRY = Path(__import__("prefect").__file__).parent / "server/api/collections_data/views/aggregate-worker-metadata.json"
OLDER = json.loads(REGISTRY.read_text())["prefect-kubernetes"]["kubernetes"]["default_base_job_configuration"]



class Cluster:
    """Stands in for the APIs of a cluster in which there is nothing yet; keeps what is sent."""

    def __init__(self):
        self.secrets = []
        self.jobs = []

    async def read_namespaced_secret(self, name, namespace):
        raise ApiException(status=404)

    async def create_namespaced_secret(self, namespace, body):
        self.secrets.append(body)
        return body

    async def patch_namespaced_secret(self, name, namespace, body):
        pass

    async def create_namespaced_job(self, namespace, body):
        self.jobs.append({"namespace": namespace, "job": copy.deepcopy(body)})
        return SimpleNamespace(metadata=SimpleNamespace(name="job", namespace=namespace, uid="uid"))


def request(configuration, document):
    """What the genuine worker sends to the cluster; the Job only where it is not the prepared manifest."""
    cluster = Cluster()
    manifest = copy.deepcopy(configuration.job_manifest)
    worker = genuine.KubernetesWorker(work_pool_name="pool", name=document["worker"]["name"] or "nameless")
    suffix = SimpleNamespace(uuid4=lambda: SimpleNamespace(hex="<suffix>"))
    with mock.patch.multiple(genuine, BatchV1Api=lambda client: cluster, CoreV1Api=lambda client: cluster, uuid=suffix):
        asyncio.run(worker._create_job(configuration, None))
    [sent] = cluster.jobs
    serializer = object.__new__(ApiClient)
    secrets = [serializer.sanitize_for_serialization(secret) for secret in cluster.secrets]
    return {"namespace": sent["namespace"], **({} if sent["job"] == manifest else {"job": sent["job"]}), "secrets": secrets}


MANIFEST = "/job_configuration/job_manifest"
CONTAINER = f"{MANIFEST}/spec/template/spec/containers/0"
ABSENT = object()


def changed(changes, template=TEMPLATE):
    """The template with values at JSON pointers; ABSENT removes."""
    template = copy.deepcopy(template)
    for pointer, value in changes.items():
        *way, last = [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]
        at = template
        for key in way:
            at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {})
        key = int(last) if isinstance(at, list) else last
        if value is ABSENT:
            del at[key]
        else:
            at[key] = value
    return template


def templated(id, changes, covers=None, given=None, template=TEMPLATE, set=None, **more):
    """A case with a changed template; `given` are the run's job variables."""
    document = {"/base_job_template": changed(changes, template), "/flow_run/job_variables": given or {}, **(set or {})}
    return case(id, covers, set=document, **more)


def manifest(id, changes, covers=None, given=None, **more):
    """A case with a changed manifest in the template; pointers are below the manifest."""
    return templated(id, {MANIFEST + pointer: value for pointer, value in changes.items()}, covers, given, **more)


def container(id, changes, covers=None, given=None, **more):
    """A case with a changed first container."""
    return templated(id, {CONTAINER + pointer: value for pointer, value in changes.items()}, covers, given, **more)


def extended(id, given, covers="extended template"):
    return case(id, covers, set={"/base_job_template": EXTENDED, "/flow_run/job_variables": given})


def named(id, flow_run_name, covers="INF C.2 step 11 [Q][V]"):
    """The name of the Job, made of the flow run's."""
    return case(f"name-{id}", covers, set={"/flow_run/name": flow_run_name})


def labelled(id, labels, covers="INF C.2 step 7, slug rules [V]"):
    return variables(f"label-{id}", {"labels": labels}, covers)


def secret(id, settings, covers="INF C.2 secrets; INF C.6; row 105 106", given=None, **more):
    """A case with settings of the worker about secrets, which only the request knows of."""
    environment = {"HOME": "/root", **{f"PREFECT_INTEGRATIONS_KUBERNETES_WORKER_{name}": value for name, value in settings.items()}}
    document = {
        "/worker/settings/PREFECT_API_KEY": "pnu_key",
        "/worker/process_environment": {**environment, **more.pop("environment", {})},
        "/flow_run/job_variables": given or {},
    }
    return case(f"secret-{id}", covers, set={**document, **more.pop("set", {})}, **more)


SIGTERM = "PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR"
SECRET = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
KUBECONFIG = {"apiVersion": "v1", "clusters": [{"name": "c", "cluster": {"server": "https://k"}}], "current-context": "c"}
CLUSTER = {
    "id": "00000000-0000-0000-0000-000000000021",
    "type": "kubernetes-cluster-config",
    "name": "mine",
    "data": {"config": KUBECONFIG, "context_name": "c"},
}
REFERENCE = {"$ref": {"block_document_id": CLUSTER["id"]}}

FIRST_CONTAINER = TEMPLATE["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]["containers"][0]

NAMES = {
    "word": "infra-run",
    "ends-with-dash": "infra-run-",
    "begins-with-underscore": "_infra_run",
    "begins-with-dots": "...infra_run",
    "begins-with-digit": "9infra-run",
    "begins-with-dash": "-infra.run",
    "star": "infra*run",
    "mixed": "infra9.-foo_bar^x",
    "spaces": "My Flow Run",
    "accents": "Ünïcode ñame",
    "underscore": "foo_bar",
    "dots": "a.b.c",
    "only-dots": "...",
    "quotes": "foo's \"bar\"",
    "entity": "x&amp;y",
    "number-comma": "10,000 run",
    "longer-than-45": "a" * 80,
    "cut-at-a-dash": "a" * 44 + " b",
    "greek": "Ωμέγα run",
    "cyrillic": "Привет мир",
    "emoji": "fast 🚀 run",
    "numeric-entity": "a&#39;b &#x41;",
}

CASES = [
    variables("name-han", {}, "INF C.2 slug [V]", set={"/flow_run/name": "日本語"}),
    case("defaults", "INF C.1; row 108-122"),
    case(
        "golden-manifest",
        "INF C.2 golden manifest [V]",
        set={
            "/flow_run/name": "Crazy Cat.1",
            "/deployment/name": "prod/eu west",
            "/work_pool/name": "Pool A",
            "/worker/name": "KubernetesWorker 3F2a",
        },
    ),
    case("no-deployment", "INF C.2 step 2; labels", set={"/deployment": None, "/flow_run/deployment_id": None}),
    case("no-flow", "INF C.2 step 2; labels", set={"/flow": None, "/deployment": None}),
    case("no-worker-name", "INF 0.3", set={"/worker/name": None, "/worker/id": None}),
    case("older-template", "INF 0.8", set={"/base_job_template": OLDER, "/flow_run/job_variables": {"image": "i", "cpu_request": "1"}}),
    case("older-template-defaults", "INF 0.8; INF C.2 step 5", set={"/base_job_template": OLDER}),
    manifest(
        "first-template",
        {"/metadata/annotations": ABSENT, "/spec/backoffLimit": ABSENT, "/spec/template/spec/containers/0/resources": ABSENT},
        "INF C [!] two generations; INF C.1, S3's template; INF C.2 step 5 [!]; row 145",
    ),
    # Variables of the default template.
    variables(
        "all-simple-variables",
        {
            "image": "img:1",
            "namespace": "team-a",
            "service_account_name": "runner",
            "image_pull_policy": "Always",
            "finished_job_ttl": 60,
            "backoff_limit": 2,
            "job_watch_timeout_seconds": 5,
            "pod_watch_timeout_seconds": 7,
            "stream_output": False,
            "cpu_request": "100m",
            "cpu_limit": "1",
            "memory_request": "64Mi",
            "memory_limit": "1Gi",
        },
        "INF C.1; row 111 113 117 120 121",
    ),
    variables("pull-policy-never", {"image_pull_policy": "Never"}, "row 132"),
    variables("pull-policy-null", {"image_pull_policy": None}, "INF C.1 null [V]"),
    variables("ttl-null", {"finished_job_ttl": None}, "INF C.1 null stays [V]"),
    variables("ttl-zero", {"finished_job_ttl": 0}, "INF C.1"),
    variables("image-null", {"image": None}, "INF C.2 step 9: only when the key is absent"),
    variables("image-empty", {"image": ""}, "INF C.2 step 9"),
    variables("service-account-null", {"service_account_name": None}, "INF C.1 null stays [V]"),
    variables("resources-one", {"memory_limit": "1Gi"}, "INF C.1 resources"),
    variables("resources-null", {"cpu_limit": None}, "INF C.1 null stays [V]"),
    # Environment.
    variables("env-merged", {"env": {"A": "1", "N": 1, "B": True, "F": 1.0}}, "INF C.2 step 6"),
    variables("env-unset-by-null", {"env": {"PREFECT_LOGGING_LEVEL": None, "X": None}}, "INF 0.3; INF C.2 step 6"),
    variables("env-overrides-worker", {"env": {"PREFECT_API_URL": "http://other/api"}}, "INF 0.3"),
    variables("env-local-api-url-kept", {"env": {"PREFECT_API_URL": "http://localhost:4200/api"}}, "INF C.2 step 3 [!]"),
    variables("env-list", {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": 2}]}, "INF C.2 step 1; row 119"),
    variables("env-list-null", {"env": [{"name": "PREFECT_LOGGING_LEVEL", "value": None}]}, "INF C.2 step 1"),
    variables("env-list-value-from", {"env": [{"name": "A", "value": "1"}, SECRET]}, "INF C.2 step 1, 4"),
    variables("env-list-name-only", {"env": [{"name": "A"}, SECRET]}, "INF C.2 step 6"),
    variables("env-list-both", {"env": [{**SECRET, "value": "v"}]}, "INF C.2 step 1"),
    variables("env-list-empty", {"env": []}, "INF C.2 step 1"),
    variables("env-list-duplicates", {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}, "INF C.2 step 6"),
    variables(
        "env-list-behaviour-by-reference",
        {"env": [{"name": SIGTERM, "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k"}}}]},
        "INF C.2 step 5",
    ),
    variables(
        "env-list-behaviour-replaced",
        {"env": [{"name": SIGTERM, "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k"}}}, SECRET], "backoff_limit": 1},
        "INF C.2 step 5 [!]",
    ),
    container("manifest-env-list", {"/env": [{"name": "OWN", "value": "1"}, SECRET]}, "INF C.2 step 6", {"env": {"A": "1"}}),
    container(
        "manifest-env-list-shadowed",
        {"/env": [{"name": "A", "value": "manifest"}, {"name": "PREFECT_API_URL", "value": "m"}, {"name": "B", "value": "2"}]},
        "INF C.2 step 6",
        {"env": {"A": "1"}},
    ),
    container("manifest-env-mapping-is-lost", {"/env": {"OWN": "1"}}, "INF C.2 step 6", {"env": {"A": "1"}}),
    container("manifest-env-null", {"/env": None}, "INF C.2 step 6"),
    container("manifest-env-from", {"/envFrom": [{"secretRef": {"name": "s"}}]}, "INF C.2 step 6"),
    templated(
        "template-env-mapping", {"/job_configuration/env": {"FROM": "template", "IMAGE": "{{ image }}"}}, "INF 0.2", {"env": {"A": "1"}, "image": "i"}
    ),
    # Eviction.
    variables("backoff-0-behaviour-kept", {"env": {SIGTERM: "crash"}}, "INF C.2 step 5"),
    variables("backoff-0-behaviour-empty", {"env": {SIGTERM: ""}}, "INF C.2 step 5"),
    variables("backoff-3-behaviour-replaced", {"env": {SIGTERM: "crash"}, "backoff_limit": 3}, "INF C.2 step 5 [!]"),
    variables("backoff-text", {"backoff_limit": "0"}, "INF C.2 step 5 [V]"),
    variables("backoff-null", {"backoff_limit": None}, "INF C.2 step 5 [V]"),
    variables("backoff-false", {"backoff_limit": False}, "INF C.2 step 5"),
    variables("backoff-float", {"backoff_limit": 0.0}, "INF C.2 step 5"),
    # Name.
    *[named(id, name) for id, name in NAMES.items()],
    variables("name-variable", {"name": "My Job"}, "INF C.2 step 11 [Q][V]"),
    variables("name-variable-empty", {"name": ""}, "INF C.2 step 11 [V]"),
    variables("name-variable-null", {"name": None}, "INF C.2 step 11 [V]"),
    variables("name-variable-long", {"name": "a" * 80}, "INF C.2 step 11 [V]"),
    variables("name-variable-underscores", {"name": "___"}, "INF C.2 step 11 [V]"),
    variables("name-context", {"name": "worker-{{ ctx.flow.name }}"}, "INF 0.3 [!]; INF C.2 step 11 [V]"),
    variables("name-context-unknown", {"name": "{{ ctx.nope }}"}, "INF C.2 step 11 [V]; INF 0.3 [V]"),
    variables(
        "name-context-number",
        {"name": "{{ ctx.flow_run.run_count }}"},
        "INF 0.3 [V]",
        differs="a number makes a name too, where a genuine worker fails with a TypeError",
    ),
    variables("name-context-within", {"name": "a-{{ ctx.flow_run.nope }}-b"}, "INF 0.3 [V]"),
    manifest("generate-name-own", {"/metadata/generateName": "Fixed_Name-"}, "INF C.2 step 11", {"name": "x"}),
    manifest("generate-name-absent", {"/metadata/generateName": ABSENT}, "INF C.2 step 11", {"name": "My Job"}),
    manifest("generate-name-none-text", {"/metadata/generateName": "None-"}, "INF C.2 step 11"),
    manifest("generate-name-null", {"/metadata/generateName": None}, "INF C.2 step 11"),
    manifest("generate-name-number", {"/metadata/generateName": 5}, "INF C.2 step 11"),
    manifest("generate-name-empty-mapping", {"/metadata/generateName": "{{ labels }}"}, "INF C.2 step 11", {"labels": {}}),
    manifest("name-fixed", {"/metadata/name": "one"}, "INF C.2 step 11"),
    # Command.
    variables("command-split", {"command": "python -c 'print(1)' \"a b\" c\\ d"}, "INF C.2 step 10 [!]; row 122 141"),
    variables("command-empty", {"command": ""}, "INF C.2 step 10 [Q][V]"),
    variables("command-null", {"command": None}, "INF C.2 step 10 [Q][V]"),
    container("args-list", {"/args": ["a", "b c"]}, "INF C.2 step 10", {"command": "ignored by the container"}),
    container("args-null", {"/args": None}, "INF C.2 step 10"),
    container("args-absent-command-own", {"/args": ABSENT, "/command": ["sh", "-c"]}, "INF C.2 step 10 [!]", {"command": "only here"}),
    container("args-empty-list", {"/args": []}, "INF C.2 step 10"),
    # Labels and annotations.
    labelled("values", {"a": "My Flow Run", "b": "Ünïcode ñame", "c": "foo_bar", "d": "a.b.c", "e": "...", "f": "foo's \"bar\"", "g": "x&amp;y"}),
    labelled("more-values", {"a": "10,000 run", "b": "2026-08-01T12:00:00+00:00", "c": "prod/eu west", "d": "", "e": "a" * 100, "f": "_-.Edge.-_", "g": "a--b"}),
    labelled("cut-value", {"a": "a" * 62 + " b", "b": "a" * 62 + "_b", "c": "a" * 62 + "-" + "b"}),
    labelled(
        "keys",
        {
            "a-prefix-with-invalid$@*^$@-characters/and-a-name": "1",
            "/a-name": "2",
            "a-prefix/and-a-name/-with-a-slash": "3",
            "_a-name-with-leading-underscore": "4",
            "a-name-with-trailing-dot.": "5",
            "a" * 300: "6",
            "a" * 300 + "/" + "b" * 100: "7",
            "$@*^$@": "8",
            "$@*^$@/name": "9",
            "under_score.prefix/name": "10",
            "name/": "11",
            "ÜBER/Größe": "12",
        },
        "INF C.2 slug rules, keys",
    ),
    labelled("overrides-automatic", {"prefect.io/flow-run-id": "mine", "app.kubernetes.io/name": "app"}, "INF C.2 [V]"),
    manifest("labels-own", {"/metadata/labels": {"own label": "a b", "x": "manifest"}}, "INF C.2 step 7", {"labels": {"x": "variable"}}),
    manifest("labels-of-pod", {"/spec/template/metadata": {"labels": {"pod label": "a b"}, "name": "n"}}, "INF C.2 step 12", {"labels": {"x": "1"}}),
    variables("annotations", {"annotations": {"a key/with space": "any $text", "b": ""}}, "INF C.2 step 8 12"),
    manifest("annotations-own", {"/metadata/annotations": {"own key": 5, "x": "m"}}, "INF C.2 step 8", {"annotations": {"x": "v"}}),
    manifest("annotations-of-pod", {"/spec/template/metadata": {"annotations": {"pod key": "p"}}}, "INF C.2 step 12", {"annotations": {"x": "v"}}),
    manifest("annotations-of-pod-alone", {"/spec/template/metadata": {"annotations": {"pod key": "p"}}}, "INF C.2 step 12"),
    # Namespace.
    manifest("namespace-own", {"/metadata/namespace": "fixed"}, "INF C.2 [Q]: the manifest keeps its own", {"namespace": "variable"}),
    manifest("namespace-absent", {"/metadata/namespace": ABSENT}, "INF C.1 validation", {"namespace": "variable"}),
    manifest("namespace-null", {"/metadata/namespace": None}, "INF C.1 validation"),
    templated("namespace-left-out", {"/job_configuration/namespace": ABSENT}, "INF C.1 default", {"namespace": "variable"}),
    # Manifests with more, and with less.
    manifest(
        "unknown-fields",
        {
            "/spec/activeDeadlineSeconds": 10,
            "/spec/template/spec/futureField": {"a": [1, None, {"b": 1.5}]},
            "/spec/template/spec/volumes": [{"name": "v", "emptyDir": {}}],
            "/spec/template/spec/containers/0/volumeMounts": [{"name": "v", "mountPath": "/v"}],
            "/status": {"x": 1},
        },
        "issue: unknown fields pass through",
    ),
    manifest(
        "sidecar",
        {"/spec/template/spec/containers": [FIRST_CONTAINER, {"name": "side", "image": "s"}]},
        "INF C.1 sidecars",
    ),
    manifest("metadata-absent", {"/metadata": ABSENT}, "INF C.1 validation", {"namespace": "n", "labels": {"a": "b"}}),
    manifest("memory-example", {"/spec/template/spec/containers/0/resources": {"requests": {"memory": "{{ memory }}Mi"}, "limits": {"memory": "128Mi"}}}, "INF C.1 [V]; row 127 128 129", {"memory": 64, "memory_limit": "1Gi"}),
    manifest("memory-example-not-given", {"/spec/template/spec/containers/0/resources": {"requests": {"memory": "{{ memory }}Mi"}, "limits": {"memory": "128Mi"}}}, "INF C.1 [V]"),
    manifest("numbers-in-text", {"/spec/template/spec/containers/0/resources": {"requests": {"cpu": "{{ cpus }}"}, "limits": {"cpu": "{{ cpus }}00m"}}}, "issue: 1.0 stays 1.0", {"cpus": 1.0}),
    manifest(
        "missing-part-found-elsewhere",
        {"/spec/template/spec/completions": ABSENT, "/spec/manualSelector": 1},
        "INF C.1 validation: the diff calls it a move",
    ),
    manifest(
        "required-container-second",
        {"/spec/template/spec/containers": [{"name": "other", "env": []}, {"name": "prefect-job"}]},
        "INF C.1 validation: the diff finds it",
    ),
    # The type's own fields.
    variables("numbers-as-text", {"job_watch_timeout_seconds": " 60 ", "pod_watch_timeout_seconds": "1_000"}, "INF C.1 types"),
    variables("numbers-whole", {"job_watch_timeout_seconds": 60.0, "pod_watch_timeout_seconds": True}, "INF C.1 types"),
    variables("number-text-with-point", {"job_watch_timeout_seconds": "60.0"}, "INF C.1 types"),
    variables("number-negative", {"job_watch_timeout_seconds": -1}, "INF C.1 types"),
    variables("number-signed-text", {"job_watch_timeout_seconds": "+5"}, "INF C.1 types"),
    variables("boolean-words", {"stream_output": "no"}, "INF C.1 types"),
    variables("boolean-number", {"stream_output": 1}, "INF C.1 types"),
    variables("boolean-letter", {"stream_output": "T"}, "INF C.1 types"),
    variables("boolean-float", {"stream_output": 0.0}, "INF C.1 types"),
    templated("own-fields-left-out", {f"/job_configuration/{name}": ABSENT for name in ["annotations", "cluster_config", "job_watch_timeout_seconds", "pod_watch_timeout_seconds", "stream_output"]}, "INF C.1 defaults"),
    # Cluster config.
    variables("cluster-config-reference", {"cluster_config": REFERENCE}, "INF C.1 cluster block; row 146", set={"/blocks": [CLUSTER]}),
    variables("cluster-config-value", {"cluster_config": {"config": KUBECONFIG, "context_name": "c", "more": 1}}, "INF C.1 cluster block"),
    variables("cluster-config-yaml", {"cluster_config": {"config": "a: {b: yes, c: '1'}\nd: [1, 2]\n", "context_name": "c"}}, "INF C.1 cluster block"),
    variables("cluster-config-null", {"cluster_config": None}, "INF C.1 cluster block"),
    container(
        "block-in-manifest",
        {"/env": [{"name": "T", "value": "{{ prefect.blocks.secret.token }}"}], "/image": "{{ prefect.variables.image }}"},
        "INF 0.2 step 7",
        set={"/blocks": [{"id": "00000000-0000-0000-0000-000000000022", "type": "secret", "name": "token", "data": {"value": "t"}}], "/variables": {"image": "img:2"}},
    ),
    # Secrets at job creation.
    secret("none", {}),
    secret("api-key-created", {"CREATE_SECRET_FOR_API_KEY": "true"}, given={"namespace": "team"}),
    secret("api-key-created-by-alias", {}, environment={"PREFECT_KUBERNETES_WORKER_STORE_PREFECT_API_IN_SECRET": "true"}),
    secret("api-key-created-without-key", {"CREATE_SECRET_FOR_API_KEY": "true"}, set={"/worker/settings/PREFECT_API_KEY": ""}),
    secret("api-key-created-odd-worker", {"CREATE_SECRET_FOR_API_KEY": "1"}, set={"/worker/name": "Wörker 1.x"}),
    secret("api-key-existing", {"API_KEY_SECRET_NAME": "mine", "API_KEY_SECRET_KEY": "k", "CREATE_SECRET_FOR_API_KEY": "true"}),
    secret("api-key-existing-without-key-stays", {"API_KEY_SECRET_NAME": "mine"}, "INF C.2 secrets [Q]: name without key", set={"/worker/settings/PREFECT_API_KEY": ""}),
    secret("api-key-name-without-key", {"API_KEY_SECRET_NAME": "mine", "CREATE_SECRET_FOR_API_KEY": "true"}, "INF C.2 secrets [Q]: name without key"),
    secret("auth-string-existing", {"API_AUTH_STRING_SECRET_NAME": "a", "API_AUTH_STRING_SECRET_KEY": "k"}, given={"env": {"PREFECT_API_AUTH_STRING": "u:p"}}),
    secret("auth-string-plain", {}, given={"env": {"PREFECT_API_AUTH_STRING": "u:p"}}),
    secret("environment-stored", {"STORE_ENV_AS_SECRET": "true"}, given={"env": [{"name": "A", "value": "1"}, SECRET]}),
    secret("environment-stored-beside-api-key", {"STORE_ENV_AS_SECRET": "true", "CREATE_SECRET_FOR_API_KEY": "true"}, given={"env": {"A": "1"}}),
    # The extended template.
    extended("extended-nothing-set", {}),
    extended("extended-node-choice", {"node_selector": {"pool": "a"}, "tolerations": [{"key": "k", "operator": "Exists"}], "affinity": {"nodeAffinity": {}}}),
    extended("extended-priority", {"priority_class_name": "high"}),
    extended("extended-security", {"pod_security_context": {"runAsUser": 1000}, "container_security_context": {"capabilities": {"drop": ["ALL"]}}}),
    extended("extended-volumes", {"volumes": [{"name": "v", "emptyDir": {}}], "volume_mounts": [{"name": "v", "mountPath": "/v"}]}),
    extended("extended-pod-labels", {"pod_labels": {"a": "b c"}, "pod_annotations": {"k": "v"}, "labels": {"a": "d"}}),
    extended("extended-pull-secrets", {"image_pull_secrets": [{"name": "r"}]}),
    extended("extended-gpu-and-disk", {"nvidia_gpus": 1, "amd_gpus": 2, "ephemeral_storage_request": "1Gi", "ephemeral_storage_limit": "2Gi", "cpu_limit": "1"}),
    extended("extended-unknown-keys", {"affinity": {"futureAffinity": {"x": 1}}, "tolerations": [{"futureField": True}]}),
    # Errors.
    manifest("error-empty-manifest", {"": {}}, "INF C.1 validation messages"),
    manifest("error-api-version", {"/apiVersion": "v1"}, "INF C.1 validation; row 108"),
    manifest("error-kind", {"/kind": "CronJob"}, "INF C.1 validation; row 109"),
    manifest("error-several", {"/apiVersion": "v1", "/kind": "Pod", "/spec/template/spec/restartPolicy": "Always"}, "INF C.1 validation"),
    manifest("error-restart-policy", {"/spec/template/spec/restartPolicy": "OnFailure"}, "row 116"),
    manifest("error-parallelism", {"/spec/template/spec/parallelism": 2}, "row 114"),
    manifest("error-completions-absent", {"/spec/template/spec/completions": ABSENT}, "row 115"),
    manifest("error-completions-boolean", {"/spec/template/spec/completions": True}, "row 115"),
    manifest("error-container-name", {"/spec/template/spec/containers/0/name": "main"}, "row 118"),
    manifest("error-container-name-absent", {"/spec/template/spec/containers/0/name": ABSENT}, "row 118"),
    manifest("error-no-containers", {"/spec/template/spec/containers": []}, "row 118"),
    manifest("error-containers-mapping", {"/spec/template/spec/containers": {"name": "prefect-job"}}, "row 118"),
    manifest("error-container-text", {"/spec/template/spec/containers": ["prefect-job"]}, "row 118"),
    manifest("error-spec-absent", {"/spec": ABSENT}, "INF C.1 validation"),
    manifest("error-metadata-null", {"/metadata": None}, "INF C.1 validation"),
    manifest("error-metadata-labels-null", {"/metadata/labels": None}, "INF C.1 validation"),
    manifest("error-metadata-label-number", {"/metadata/labels": {"a": 1}}, "INF C.2 step 7"),
    manifest("error-pod-metadata-null", {"/spec/template/metadata": None}, "INF C.2 step 12"),
    manifest("error-pod-labels-null", {"/spec/template/metadata": {"labels": None}}, "INF C.2 step 12"),
    manifest("error-pod-annotations-null", {"/spec/template/metadata": {"annotations": None}}, "INF C.2 step 12", {"annotations": {"a": "b"}}),
    templated("error-no-manifest", {"/job_configuration/job_manifest": ABSENT}, "INF C.1"),
    templated("error-manifest-null", {"/job_configuration/job_manifest": None}, "INF C.1"),
    templated("error-manifest-list", {"/job_configuration/job_manifest": []}, "INF C.1"),
    container("error-args-number", {"/args": 5}, "INF C.2 step 10: 'command' must be a string or list"),
    container("error-args-mapping", {"/args": {"a": 1}}, "INF C.2 step 10"),
    container("error-manifest-env-text", {"/env": ["A=1"]}, "INF C.2 step 6"),
    variables("error-command-quote", {"command": "echo 'open"}, "INF C.2 step 10"),
    variables("error-command-number", {"command": 5}, "INF 0.1"),
    variables("error-env-text", {"env": "A=1"}, "INF 0.1"),
    variables("error-env-list-of-text", {"env": ["A=1"]}, "INF C.1 env"),
    variables("error-env-reference-without-name", {"env": [{"valueFrom": {}}]}, "INF C.2 step 6"),
    variables("error-labels-number", {"labels": {"a": 1}}, "INF 0.1"),
    variables("error-annotations-number", {"annotations": {"a": 1}}, "INF C.1 types"),
    variables("error-annotations-list", {"annotations": ["a"]}, "INF C.1 types"),
    variables("error-annotations-null", {"annotations": None}, "INF C.1 types"),
    variables("error-namespace-number", {"namespace": 5}, "INF C.1 types"),
    variables("error-namespace-null", {"namespace": None}, "INF C.1 types"),
    variables("error-job-timeout-fraction", {"job_watch_timeout_seconds": 1.5}, "INF C.1 types"),
    variables("error-job-timeout-text", {"job_watch_timeout_seconds": "soon"}, "INF C.1 types"),
    variables("error-job-timeout-fraction-text", {"job_watch_timeout_seconds": "1.5"}, "INF C.1 types"),
    variables("error-pod-timeout-point", {"pod_watch_timeout_seconds": "1."}, "INF C.1 types"),
    variables("error-pod-timeout-exponent", {"pod_watch_timeout_seconds": "1e3"}, "INF C.1 types"),
    variables("error-pod-timeout-null", {"pod_watch_timeout_seconds": None}, "INF C.1 types"),
    variables("error-pod-timeout-list", {"pod_watch_timeout_seconds": [60]}, "INF C.1 types"),
    variables("error-stream-output-word", {"stream_output": "maybe"}, "INF C.1 types"),
    variables("error-stream-output-number", {"stream_output": 2}, "INF C.1 types"),
    variables("error-stream-output-null", {"stream_output": None}, "INF C.1 types"),
    variables("error-cluster-config-text", {"cluster_config": "mine"}, "INF C.1 cluster block"),
    variables("error-cluster-config-incomplete", {"cluster_config": {"config": {}}}, "INF C.1 cluster block"),
    variables("error-cluster-config-list", {"cluster_config": {"config": [1], "context_name": "c"}}, "INF C.1 cluster block"),
    variables("error-cluster-config-yaml", {"cluster_config": {"config": "{", "context_name": "c"}}, "INF C.1 cluster block"),
    variables("error-cluster-config-unknown-block", {"cluster_config": REFERENCE}, "INF 0.2 step 7"),
    variables("error-name-number", {"name": 5}, "INF 0.1"),
]
