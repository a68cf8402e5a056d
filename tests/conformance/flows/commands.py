"""Runs commands of the genuine command line one after the other in one process: importing it takes seconds.

Reads a JSON list of argument lists from stdin, writes a JSON list of {code, output} to stdout.
"""
import contextlib
import io
import json
import sys

from prefect.cli import app


def run(arguments):
    output = io.StringIO()
    code = 0
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        sys.argv = ["prefect", *arguments]
        try:
            app()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    return {"code": code, "output": output.getvalue()}


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
