"""Flows whose rows a genuine server and Aedile's must tell alike. One worker thread, so that the order is fixed."""
from prefect import flow, get_run_logger, task
from prefect.task_runners import ThreadPoolTaskRunner

attempts = {"flaky": 0}


@task
def add(x: int, y: int) -> int:
    get_run_logger().info("adding %s and %s", x, y)
    return x + y


@task(retries=2, retry_delay_seconds=0, tags=["unstable"])
def flaky() -> str:
    attempts["flaky"] += 1
    if attempts["flaky"] < 3:
        raise ValueError(f"try {attempts['flaky']}")
    return "third time"


@task(task_run_name="double-{x}")
def double(x: int) -> int:
    return 2 * x


@flow(name="inner", flow_run_name="inner-{n}")
def inner(n: int) -> int:
    get_run_logger().warning("inside with %s", n)
    return add(n, n)


@flow(name="story", description="All that a flow does", task_runner=ThreadPoolTaskRunner(max_workers=1))
def story(n: int = 3, label: str = "a"):
    logger = get_run_logger()
    logger.info("begin %s", label)
    total = add(1, n)
    text = flaky()
    doubled = [future.result() for future in double.map(list(range(n)))]
    nested = inner(total)
    logger.error("end %s %s %s", text, sum(doubled), nested)
    return nested


@task
def divide(x: int) -> float:
    return 1 / x


@flow(name="failing", retries=1, retry_delay_seconds=0)
def failing():
    return divide(0)


if __name__ == "__main__":
    import sys

    which = sys.argv[1]
    if which == "called":
        story(n=2)
        try:
            failing()
        except ZeroDivisionError:
            pass
    elif which == "served":
        story.serve(name="served", parameters={"label": "served"}, tags=["by-serve"], cron="0 3 1 1 *")
