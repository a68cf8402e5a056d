"""A flow that goes on until it is cancelled, with a child of its own."""
import subprocess
import time

from prefect import flow, get_run_logger


@flow
def sleeping():
    subprocess.Popen(["sleep", "300"])
    get_run_logger().info("asleep")
    for _ in range(300):
        time.sleep(1)
