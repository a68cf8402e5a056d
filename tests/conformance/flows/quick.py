"""A flow that is over at once."""
from prefect import flow, get_run_logger


@flow
def quick(name: str = "nobody"):
    get_run_logger().info("hello %s", name)
