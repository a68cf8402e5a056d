"""What both Cloud Run types need: credentials without a network, and names without chance."""

import importlib.resources
import json
import re

import google.auth
import google.auth.crypt
from google.auth.credentials import AnonymousCredentials


class Nobody(AnonymousCredentials):
    """Application default credentials that name no project."""

    quota_project_id = None


def read_key(cls, info):
    """Needs the key to be there, but not to be one."""
    info["private_key"]
    return cls.__new__(cls)


google.auth.default = lambda *args, **kwargs: (Nobody(), None)
google.auth.crypt.RSASigner.from_service_account_info = classmethod(read_key)

KEY_FILE = {"type": "service_account", "project_id": "key-project", "client_email": "robot@key-project.iam.gserviceaccount.com", "token_uri": "https://oauth2.googleapis.com/token", "private_key": "none"}


def dump(configuration):
    dumped = configuration.model_dump(mode="json", context={"include_secrets": True})
    metadata = dumped["job_body"].get("metadata") or {}
    # A genuine name ends in chance, ours in the attempt key.
    if isinstance(metadata.get("name"), str):
        metadata["name"] = re.sub(r"(?<=-)[0-9a-f]{32}$", "<attempt>", metadata["name"])
    return dumped


def published_template(type):
    """The template that the registry of workers publishes, which is older than the package's own."""
    views = importlib.resources.files("prefect.server.api.collections_data.views")
    registry = json.loads((views / "aggregate-worker-metadata.json").read_text())
    return registry["prefect-gcp"][type]["default_base_job_configuration"]
