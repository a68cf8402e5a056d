"""Saves and loads what is neither flow nor run: a Secret, a variable, artifacts, a slot of a limit."""
import json

from blocks import Lighthouse
from prefect import flow
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_progress_artifact
from prefect.artifacts import create_table_artifact, update_progress_artifact
from prefect.blocks.system import Secret
from prefect.concurrency.sync import concurrency
from prefect.variables import Variable

Secret(value="hush").save("word", overwrite=True)
Lighthouse(height=41).save("pharos", overwrite=True)
Variable.set("lamp", {"lit": True}, overwrite=True)


@flow(name="making")
def making():
    create_markdown_artifact("# Report", key="report", description="first")
    create_table_artifact([{"a": 1}, {"a": 2}], key="table")
    create_link_artifact("https://example.com", key="link")
    progress = create_progress_artifact(10, key="progress")
    update_progress_artifact(progress, 60)
    with concurrency("harbour", occupy=1):
        pass


making()
print(json.dumps({
    "secret": Secret.load("word").get(),
    "height": Lighthouse.load("pharos").height,
    "lamp": Variable.get("lamp"),
}))
