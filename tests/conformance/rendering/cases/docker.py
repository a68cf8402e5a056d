"""Cases of the docker type."""

import json
import os
import warnings
from types import SimpleNamespace

import prefect_docker.worker
from cases._document import base, case, variables
from docker.models.containers import _create_container_args
from docker.types import ContainerConfig
from prefect.workers.base import BaseJobConfiguration
from prefect_docker.worker import DockerWorker, DockerWorkerJobConfiguration

CONFIGURATION = DockerWorkerJobConfiguration
TEMPLATE = DockerWorker.get_default_base_job_template()
BASE = base("docker")

# The setting is read apart from the others; here it is the document's.
prefect_docker.worker.PREFECT_API_URL = SimpleNamespace(value=lambda: BaseJobConfiguration._base_environment().get("PREFECT_API_URL"))
warnings.simplefilter("ignore")


def dump(configuration):
    dumped = configuration.model_dump(mode="json")
    if configuration.registry_credentials:
        dumped["registry_credentials"]["password"] = configuration.registry_credentials.password.get_secret_value()
    return dumped


def request(configuration, document):
    """What docker-py sends to the engine for the genuine worker's settings."""
    facts = {"engineVersion": "27.0.0", "directory": "/srv/worker", **(document.get("facts") or {})}
    client = SimpleNamespace(version=lambda: {"Version": facts["engineVersion"]})
    genuine, os.getcwd = os.getcwd, lambda: facts["directory"]
    try:
        settings = DockerWorker._build_container_settings(None, client, configuration)
    finally:
        os.getcwd = genuine
    settings["version"] = "1.44"
    create = _create_container_args(settings)
    name, platform = create.pop("name"), create.pop("platform", None)
    create.pop("use_config_proxy", None)
    body = ContainerConfig("1.44", create.pop("image"), create.pop("command"), **create)
    image, tag = prefect_docker.worker.parse_image_tag(configuration.image)
    return {
        "name": name,
        "platform": platform or None,
        "body": {key: value for key, value in json.loads(json.dumps(body)).items() if value is not None},
        "networks": configuration.networks[1:],
        "policy": configuration._determine_image_pull_policy().value,
        "image": [image, tag],
    }


CREDENTIALS = {"username": "ann", "password": "hush", "registry_url": "registry.acme.io"}
BLOCKS = [
    {"id": "00000000-0000-0000-0000-0000000000aa", "type": "docker-registry-credentials", "name": "acme", "data": {**CREDENTIALS, "reauth": False}},
    {"id": "00000000-0000-0000-0000-0000000000ab", "type": "secret", "name": "token", "data": {"value": "t0p"}},
    {"id": "00000000-0000-0000-0000-0000000000ac", "type": "json", "name": "limits", "data": {"value": {"mem": "512m", "list": ["a", "b"]}}},
]
API = "/worker/settings/PREFECT_API_URL"
OLDER = json.loads(json.dumps(TEMPLATE))
OLDER["job_configuration"].pop("container_create_kwargs")
OLDER["job_configuration"]["container_wait_timeout"] = "{{ container_wait_timeout }}"
OLDER["variables"]["properties"].pop("container_create_kwargs")
OLDER["variables"]["properties"]["container_wait_timeout"] = {"title": "Container Wait Timeout", "exclusiveMinimum": 0, "type": "integer"}


def api(id, url, covers="INF B.2 network mode; S4 rows 184 185 191 204", **more):
    return case(id, covers, set={API: url, **more.pop("set", {})}, **more)


def named(name, flow_run_name=True):
    key = "/flow_run/name" if flow_run_name else "/flow_run/job_variables"
    return case(f"name-vector-{name}", "INF B.2 name vectors; S4 rows 183 210", set={key: name if flow_run_name else {"name": name}})


def kwargs(id, given, covers="INF B.3 step 3", **more):
    return variables(id, {"container_create_kwargs": given}, covers, **more)


def table(prefix, covers, key, values):
    return [variables(f"{prefix}-{index}-{json.dumps(value)}", {key: value}, covers) for index, value in enumerate(values)]


CASES = [
    # Layers, environment, labels, command, name.
    case("defaults", "INF B.1; B.2 golden example [V]"),
    variables("golden-example", {"image": "acme/img:1.2"}, "INF B.2 golden example [V]", set={"/flow_run/name": "Crazy Cat.1"}),
    case("nothing-known", "INF 0.3 groups are absent", set={"/flow": None, "/deployment": None, "/work_pool": None, "/worker": {"settings": {}}}),
    case("no-worker-id", "INF 0.3", drop=["/worker/id"]),
    case(
        "deployment-under-run",
        "INF 0.2 per-run values",
        set={
            "/deployment/job_variables": {"image": "a:1", "env": {"A": "1", "B": "1"}, "networks": ["x"], "labels": {"l": "1"}},
            "/flow_run/job_variables": {"image": "b:2", "env": {"B": "2", "C": None}, "labels": {"m": "2"}},
        },
    ),
    variables("dotted-env", {"env.A": "1", "env.B": 2.5}, "INF 0.2 step 4"),
    variables("dotted-under-nested", {"env.A": "dotted", "env": {"A": "nested", "B": "x"}}, "INF 0.2 step 4 nested beats dotted"),
    variables("dotted-kwargs", {"container_create_kwargs.shm_size": "1g", "container_create_kwargs.user": 1000}, "INF 0.2 step 4"),
    variables("env-null-removes", {"env": {"PREFECT_LOGGING_LEVEL": None, "PREFECT__FLOW_ID": None, "NEVER": None}}, "INF 0.3; S4 row 212; B.7 542"),
    variables("env-user-wins", {"env": {"PREFECT__FLOW_RUN_ID": "mine", "PREFECT_LOGGING_LEVEL": "INFO"}}, "INF 0.3"),
    variables("env-number-text", {"env": {"I": 1, "F": 1.0, "E": 1e3, "T": True, "L": [1, "a", None], "M": {"a": 1.0}}}, "INF 0.1 [coerced]"),
    variables("env-empty-text", {"env": {"A": "", "B": "x=y", "C": "a\nb"}}),
    variables("labels-docker-format", {"labels": {"a.b/c": "1", "d/e/f": "2", "plain": "3", "/x": "4", "a.b.c/d.e": "5"}}, "INF B.2; S4 row 196; B.7 488"),
    variables("labels-user-wins", {"labels": {"prefect.io/flow-name": "mine", "prefect.io/version": "0", "io.prefect.version": "1"}}, "INF 0.3; B.2; S4 rows 182 200"),
    variables("labels-user-in-docker-form", {"labels": {"io.prefect.flow-name": "mine"}}, "INF B.2"),
    variables("command", {"command": "python -c 'print(1)' \"a b\" c\\ d"}, "INF B.2 command stays text"),
    variables("command-empty", {"command": ""}, "INF 0.1 empty command is null"),
    variables("command-null", {"command": None}, "INF 0.2 [!] explicit null"),
    variables("name-of-user", {"name": "My Name"}, "INF B.2"),
    variables("name-template", {"name": "{{ ctx.flow.name }}/{{ ctx.flow_run.name }}-{{ ctx.flow_run.run_count }}"}, "INF 0.3 names"),
    variables("name-unknown-inside", {"name": "a-{{ ctx.flow_run.nope }}-b"}, "INF 0.3 names"),
    variables("name-one-unknown", {"name": "{{ ctx.flow_run.nope }}"}, "INF 0.3 names"),
    variables("name-not-text", {"name": "{{ ctx.flow_run.run_count }}"}, "INF 0.3 [V] a name that is one placeholder with a number", differs="a genuine worker fails on it; ours takes its text"),
    variables("name-empty", {"name": ""}, "INF B.2"),
    *(named(name) for name in ["_flow_run", "...flow_run", "._-flow_run", "9flow-run", "-flow.run", "flow*run", "flow9.-foo_bar^x", "--__...."]),
    *(named(name) for name in ["Crazy Cat.1", "it's mine", "naïve résumé", "Straße 1,000", "Привет", "a🚀b", "“q” – x", "x" * 260, "a &amp; b", "a  --  b"]),
    named(".-.", flow_run_name=False),
    # The network, and the URL of the API.
    api("api-localhost-on-linux", "http://localhost:4200/api"),
    api("api-remote", "https://api.acme.io/api", "INF B.2 a remote API means no extra host [!]"),
    case("api-unset", "INF B.2", drop=[API]),
    api("api-no-scheme", "localhost:4200/api"),
    api("api-with-user", "http://me@localhost:4200/api"),
    api("api-broken", "http://[::1/api", "INF B.2 unparsable URL; B.7 634"),
    api("api-ipv6", "http://[::1]:4200/api"),
    api("api-upper-case", "http://LOCALHOST:4200/api"),
    api("api-localhost-in-path", "http://acme.io/localhost/127.0.0.1"),
    api("api-docker-host", "http://host.docker.internal:4200/api", "INF B.2 extra hosts"),
    api("api-regex-dot", "http://127x0y0z1.acme.io/api", "INF B.2 extra hosts, the pattern's dots"),
    api("api-not-linux", "http://localhost:4200/api", "INF B.2; S4 row 192; B.7 615", set={"/worker/platform": "darwin", "/facts": {"platform": "darwin"}}),
    variables("host-not-linux", {"network_mode": "host"}, "INF B.2; B.7 705", set={"/worker/platform": "darwin", "/facts": {"platform": "darwin"}}),
    variables("mode-bridge-rewrites", {"network_mode": "bridge"}, "INF B.2; B.7 661"),
    variables("mode-host-keeps-url", {"network_mode": "host"}, "INF B.2; B.7 682", set={API: "https://api.acme.io/127.0.0.1"}),
    variables("mode-empty", {"network_mode": ""}, "INF B.2"),
    variables("networks-one", {"networks": ["a"]}, "INF B.2; S4 row 186; B.7 459 580"),
    variables("networks-many", {"networks": ["a", "b", "c"]}, "INF B.3 step 6; S4 row 187"),
    variables("networks-and-mode", {"networks": ["a", "b"], "network_mode": "host"}, "INF B.2; S4 row 186"),
    variables("networks-empty", {"networks": []}, "INF B.2"),
    variables("user-url-local", {"env": {"PREFECT_API_URL": "http://localhost:9/api"}}, "INF B.2; S4 row 193; B.7 727", set={API: "https://api.acme.io"}),
    variables("user-url-remote", {"env": {"PREFECT_API_URL": "https://api.acme.io"}}, "INF B.2; B.7 1122"),
    variables("user-url-empty", {"env": {"PREFECT_API_URL": ""}}, "INF B.2"),
    variables("user-url-null", {"env": {"PREFECT_API_URL": None}}, "INF B.2 null removes the URL", set={"/facts": {"apiUrl": "http://127.0.0.1:4200/api"}}),
    variables("user-url-null-no-setting", {"env": {"PREFECT_API_URL": None}}, "INF B.2", drop=[API]),
    *(
        case(f"engine-{version}", "INF B.2 extra hosts; S4 row 211; B.7 1087", set={"/facts": {"engineVersion": version}})
        for version in ["20.10.0", "20.9.9", "20.10.0-ce", "19.03.15-ee", "20.10.0-rc1", "28.1.1+1", "20.10"]
    ),
    # Image, pulling, credentials.
    variables("image-empty", {"image": ""}, "INF B.2 image; S4 row 179"),
    *(
        variables(f"image-{image}", {"image": image}, "INF B.2 pull policy; 0.3 image tags; S4 rows 202 203")
        for image in ["acme", "acme:latest", "acme:1", "acme/a/b", "r.io:5000/a/b", "r.io:5000/a/b:2", "acme@sha256:abc", "r.io/a@sha256:abc", "acme:"]
    ),
    *(variables(f"pull-{policy}", {"image_pull_policy": policy, "image": "acme"}, "INF B.3 step 4") for policy in ["IfNotPresent", "Always", "IfPossible", "Never"]),
    variables("credentials", {"registry_credentials": CREDENTIALS}, "INF B.1"),
    variables("credentials-more", {"registry_credentials": {**CREDENTIALS, "reauth": "no", "team": "x"}}, "INF B.1"),
    variables("credentials-block", {"registry_credentials": "{{ prefect.blocks.docker-registry-credentials.acme }}"}, "INF 0.2 step 7", set={"/blocks": BLOCKS}),
    variables("credentials-ref", {"registry_credentials": {"$ref": {"block_document_id": BLOCKS[0]["id"]}}}, "INF 0.2 step 7", set={"/blocks": BLOCKS}),
    variables("block-secret-in-env", {"env": {"T": "{{ prefect.blocks.secret.token }}", "M": "{{ prefect.blocks.json.limits.value.mem }}"}}, "INF 0.2 step 7", set={"/blocks": BLOCKS}),
    variables("block-keeps-type", {"networks": "{{ prefect.blocks.json.limits.value.list }}"}, "INF 0.2 steps 6, 7", set={"/blocks": BLOCKS}),
    variables("variable-in-text", {"image": "acme:{{ prefect.variables.tag }}", "env": {"N": "{{ prefect.variables.none }}"}}, "INF 0.2 step 7", set={"/variables": {"tag": "7"}}),
    # Volumes.
    *table(
        "volumes",
        "INF B.1 volumes; S4 row 189",
        "volumes",
        [
            ["a:b"],
            ["/host/path:/container/path"],
            ["named_volume:/app/data"],
            ["/home/user:/home/docker:ro", "/x:/y:rw"],
            ["C:\\path\\on\\windows:/path/in/container"],
            ["\\\\host\\share:/path/in/container"],
            ["/data"],
            [" /a:/b "],
            ["./data:/data", "../up:/up:ro", ".:/here", "..:/above", ".\\w:/w"],
            ["a.b-c_d:/x", "ab:/b"],
            [],
        ],
    ),
    *table(
        "volumes-refused",
        "INF B.1 volumes [V]",
        "volumes",
        [
            ["invalid_volume"],
            [":missing_host"],
            ["missing_container:"],
            ["/double:/colon:/path"],
            ["/path:/path:invalid_mode"],
            [":/:"],
            [" : : "],
            ["/host:/container:rw:extra"],
            [""],
            ["$(pwd):/x"],
            ["~/d:/x"],
            ["d/e:/x"],
            [".hidden:/x"],
            ["_v:/x"],
            ["./d:x"],
            ["/a:b"],
            ["/ok:/ok", "bad"],
            [1],
            "/a:/b",
            None,
        ],
    ),
    # Limits, flags, types.
    *table("memory", "INF B.1 mem_limit; B.7 446", "mem_limit", ["512m", "1.5g", "100", "1kb", "10MB", "2 g", "1e3k", "", "0"]),
    *table("memory-refused", "INF B.1 mem_limit", "mem_limit", ["1t", "12x", "1gib", "m", "5m ", 512]),
    variables("memory-and-swap", {"mem_limit": "300m", "memswap_limit": "-1"}, "INF B.1; B.7 430"),
    variables("swap-not-text", {"mem_limit": "300m", "memswap_limit": -1}, "INF B.1 memswap_limit is text"),
    *table("privileged", "INF B.1; pydantic's booleans; B.7 417", "privileged", [True, "true", "TRUE", "on", "y", "1", 1, 1.0, "no", "f", 0]),
    *table("privileged-refused", "INF B.1; pydantic's booleans", "privileged", ["", " true", "2", 2, 1.5, None, [], {}]),
    variables("auto-remove", {"auto_remove": True, "stream_output": "off"}, "INF B.1"),
    *table("image-refused", "INF B.1", "image", [None, 7, ["a"], "a:b:c"]),
    *table("policy-refused", "INF B.1", "image_pull_policy", ["always", "", 1]),
    *table("networks-refused", "INF B.1", "networks", ["a", {"a": 1}, [1], None, [None]]),
    *table("mode-refused", "INF B.1", "network_mode", [1, [], {}]),
    *table("env-refused", "INF 0.1", "env", [[], "A=1"]),
    variables("env-null", {"env": None}, "INF 0.2 [!] explicit null"),
    *table("labels-refused", "INF 0.1", "labels", [None, [], {"a": 1}, {"a": None}]),
    variables("name-refused", {"name": 1}, "INF 0.1"),
    variables("command-refused", {"command": ["a"]}, "INF 0.1"),
    variables("command-unclosed", {"command": "echo 'a"}, "INF B.2 split shell-style"),
    *table(
        "credentials-refused",
        "INF B.1",
        "registry_credentials",
        ["acme", {}, {"username": "u"}, {**CREDENTIALS, "password": 1}, {**CREDENTIALS, "reauth": "maybe"}, {**CREDENTIALS, "block_type_slug": "other"}],
    ),
    variables("block-missing", {"registry_credentials": "{{ prefect.blocks.docker-registry-credentials.nobody }}"}, "INF 0.2 step 7"),
    # container_create_kwargs.
    kwargs("kwargs-empty", {}),
    kwargs("kwargs-refused", [], "INF B.1"),
    kwargs("kwargs-fields-dropped", {"image": "no", "command": "no", "name": "no", "labels": {"no": "no"}, "env": {}, "privileged": True, "mem_limit": "1g"}, "INF B.3 step 3; B.7 1174"),
    kwargs("kwargs-volumes-ignored", {"volumes": ["/a:/b"]}, "INF B.3 step 3"),
    kwargs("kwargs-hosts-mapping", {"extra_hosts": {"a.acme": "10.0.0.1", "host.docker.internal": "10.0.0.2"}}, "INF B.3 step 3; B.7 761"),
    kwargs("kwargs-hosts-lines", {"extra_hosts": ["a.acme:10.0.0.1", "nothing", "b::1"]}, "INF B.3 step 3"),
    kwargs("kwargs-hosts-remote-api", {"extra_hosts": ["a.acme:10.0.0.1"]}, "INF B.3 step 3", set={API: "https://api.acme.io"}),
    kwargs("kwargs-hosts-old-engine", {"extra_hosts": {"a": "b"}}, "INF B.3 step 3", set={"/facts": {"engineVersion": "19.3"}}),
    kwargs("kwargs-gpu", {"device_requests": [{"count": -1, "capabilities": [["gpu"]]}, {"Driver": "nvidia", "DeviceIDs": ["0"], "Options": {"a": "b"}}]}),
    kwargs("kwargs-shm-ulimits-user", {"shm_size": "1g", "ulimits": [{"name": "nofile", "soft": 1, "hard": 2}, {"Name": "core"}], "user": 1000}),
    kwargs(
        "kwargs-top",
        {"hostname": "h", "domainname": "d", "entrypoint": "/bin/sh -c", "working_dir": "/w", "tty": True, "stdin_open": True, "stop_signal": "SIGINT", "mac_address": "m", "user": "a:b"},
    ),
    kwargs("kwargs-detach-platform", {"detach": True, "platform": "linux/arm64", "network_disabled": True, "use_config_proxy": False}),
    kwargs("kwargs-entrypoint-list", {"entrypoint": ["/bin/sh", "-c"], "healthcheck": {"test": "true", "interval": 1000000, "unknown": 1}}),
    kwargs("kwargs-ports", {"ports": {"80": 8080, "53/udp": ["1", {"HostPort": 2, "HostIp": "::"}], "9": None}}, set={API: "https://api.acme.io"}),
    kwargs("kwargs-ports-on-host", {"ports": {"80": 8080}}),
    kwargs(
        "kwargs-host",
        {
            "cap_add": ["SYS_ADMIN"], "cap_drop": ["ALL"], "devices": ["/dev/a", "/dev/b:/dev/c:r", {"PathOnHost": "/x"}], "dns": ["1.1.1.1"], "dns_opt": [], "dns_search": ["a"],
            "group_add": [1, "x"], "init": True, "ipc_mode": "host", "pid_mode": "host", "read_only": False, "security_opt": ["no-new-privileges"], "sysctls": {"a": 1}, "tmpfs": ["/t", "/u:size=1"],
            "log_config": {"type": "json-file", "config": {"max-size": "1m"}}, "restart_policy": {"Name": "no"}, "volumes_from": "a,b", "links": {"z": "y", "a": None}, "lxc_conf": {"a": 1},
            "mem_reservation": "1m", "mem_swappiness": 0, "oom_kill_disable": True, "oom_score_adj": 5, "storage_opt": {"size": "1G"}, "runtime": "nvidia", "cgroupns": "private", "nano_cpus": 500000000,
            "cpu_shares": 2, "cpuset_cpus": "0-1", "pids_limit": 10, "mounts": [{"Type": "bind", "Source": "/a", "Target": "/b", "New": 1}], "userns_mode": "host", "publish_all_ports": True,
        },
    ),  # fmt: skip
    variables(
        "kwargs-networking-config",
        {"networks": ["a"], "container_create_kwargs": {"networking_config": {"a": {"Aliases": ["x"]}}}},
        "INF B.3 step 3",
    ),
    variables("kwargs-networking-config-other", {"networks": ["a"], "container_create_kwargs": {"networking_config": {"b": {}}}}, "INF B.3 step 3"),
    kwargs("kwargs-nulls", {"device_requests": None, "ulimits": None, "stdin_open": None, "tty": None, "healthcheck": None, "ports": None, "user": None}),
    kwargs("kwargs-empty-values", {"links": "", "ulimits": [], "ports": {}, "extra_hosts": {}, "log_config": {}, "healthcheck": {}, "dns": [], "shm_size": 0, "platform": ""}),
    kwargs("kwargs-link-pairs", {"links": [["b", "x"], ["a", ""]]}),
    kwargs("kwargs-link-unpaired", {"links": [{"count": 1}]}),
    kwargs("kwargs-unknown", {"shm_sise": "1g"}, "INF B.3 step 3"),
    kwargs("kwargs-environment", {"environment": {"A": "1"}}, "INF B.3 step 3"),
    kwargs("kwargs-network", {"network": "a"}, "INF B.3 step 3"),
    kwargs("kwargs-ill-typed", {"cpu_shares": "many"}, "INF B.3 step 3"),
    kwargs("kwargs-gpu-ill-typed", {"device_requests": {"count": 1}}, "INF B.3 step 3"),
    kwargs("kwargs-ulimit-unnamed", {"ulimits": [{"soft": 1}]}, "INF B.3 step 3"),
    kwargs("kwargs-unknown-userns", {"userns_mode": "private"}, "INF B.3 step 3"),
    # Templates.
    case("template-older", "INF 0.8; B.1 the published shape", set={"/base_job_template": OLDER, "/flow_run/job_variables": {"container_wait_timeout": 5, "image": "a:1"}}),
    variables("unknown-variable", {"imagee": "x"}, "INF 0.2 unknown variables have no effect"),
    case("unknown-field", "INF 0.2; pydantic drops fields that the class lacks", set={"/base_job_template": {"job_configuration": {"image": "a:1", "colour": "red"}, "variables": {}}}),
    case(
        "template-literal-env",
        "INF 0.2 step 3",
        set={
            "/base_job_template": {
                "job_configuration": {"env": {"A": "template", "B": "{{ b }}", "C": "x{{ missing }}y"}, "image": "{{ image }}", "name": "{{ n }}-"},
                "variables": {"properties": {"env": {"default": {"A": "default", "D": "d"}}, "image": {"default": "a:1"}, "b": {"default": 2.0}}},
            },
            "/flow_run/job_variables": {"env": {"D": "run"}},
        },
    ),
]
