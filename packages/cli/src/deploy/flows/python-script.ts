/** Run by a Python interpreter: writes what it finds about `argv[1]` as JSON to file descriptor 3. */
export const READ_FLOW = `
import ast, json, os, sys

def tell(answer):
    with os.fdopen(3, "w") as out:
        json.dump(answer, out)
    os._exit(0)

def flows_in(path):
    names = []
    for node in ast.parse(open(path).read()).body:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        for decorator in node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            if getattr(target, "id", getattr(target, "attr", None)) == "flow":
                names.append(node.name)
    return names

entrypoint = sys.argv[1]
sys.path.insert(0, os.getcwd())
try:
    from prefect.flows import load_flow_from_entrypoint
    from prefect.utilities.callables import parameter_schema
except ImportError as error:
    tell({"error": "no-prefect", "message": str(error)})
try:
    flow = load_flow_from_entrypoint(entrypoint)
    tell({
        "name": flow.name,
        "description": flow.description,
        "version": flow.version,
        "schema": parameter_schema(flow).model_dump(mode="json", exclude_unset=True),
    })
except BaseException as error:
    cause = getattr(error, "user_exc", None) or error
    path = entrypoint.rsplit(":", 1)[0]
    place = None
    if isinstance(cause, SyntaxError):
        known = cause.filename and not cause.filename.startswith("<")
        place = f"{cause.filename if known else path}:{cause.lineno}"
    found = []
    if place is None and os.path.exists(path):
        try:
            found = flows_in(path)
        except Exception:
            pass
    tell({
        "error": "missing" if type(error).__name__ == "MissingFlowError" else "broken",
        "place": place,
        "message": f"{type(cause).__name__}: {cause.msg if isinstance(cause, SyntaxError) else cause}",
        "found": found,
    })
`
