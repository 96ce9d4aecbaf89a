"""Does each case of the file named first with boto3, and prints what came of it as a line of JSON."""

import base64
import json
import sys
import urllib.error
import urllib.request

import boto3
import botocore.exceptions
from botocore import UNSIGNED
from botocore.config import Config

CLIENTS = {}


def client(case):
    """One for each way to reach the shim."""
    key = json.dumps([case.get(name) for name in ("endpoint", "keys", "read_timeout")])
    if key not in CLIENTS:
        CLIENTS[key] = make_client(case)
    return CLIENTS[key]


def make_client(case):
    settings = {}
    if "read_timeout" in case:
        settings["read_timeout"] = case["read_timeout"]
    keys = case.get("keys")
    if keys is None:
        settings["signature_version"] = UNSIGNED
        keys = {"id": None, "secret": None}
    return boto3.client(
        "lambda",
        region_name="us-east-1",
        # Without one, the variable AWS_ENDPOINT_URL_LAMBDA says where.
        endpoint_url=case.get("endpoint"),
        aws_access_key_id=keys["id"],
        aws_secret_access_key=keys["secret"],
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}, **settings),
    )


def payload(case):
    if "fill" in case:
        return b'"' + b"x" * (case["fill"] - 2) + b'"'
    return case["payload"].encode()


def parameters(case):
    found = {"FunctionName": case["function"], "Payload": payload(case)}
    for name, key in [
        ("qualifier", "Qualifier"),
        ("type", "InvocationType"),
        ("log", "LogType"),
        ("tenant", "TenantId"),
    ]:
        if name in case:
            found[key] = case[name]
    if "client_context" in case:
        context = case["client_context"].encode()
        found["ClientContext"] = base64.b64encode(context).decode()
    return found


def text(encoded):
    return None if encoded is None else base64.b64decode(encoded).decode()


def metadata(response):
    found = response["ResponseMetadata"]
    return {
        "status": found["HTTPStatusCode"],
        "request_id": found.get("RequestId"),
        "attempts": found.get("RetryAttempts", 0) + 1,
    }


def invoke(case):
    response = client(case).invoke(**parameters(case))
    return {
        **metadata(response),
        "payload": response["Payload"].read().decode(),
        "version": response.get("ExecutedVersion"),
        "function_error": response.get("FunctionError"),
        "log": text(response.get("LogResult")),
    }


def stream(case):
    response = client(case).invoke_with_response_stream(**parameters(case))
    pieces, complete = [], None
    for event in response["EventStream"]:
        if "PayloadChunk" in event:
            pieces.append(event["PayloadChunk"]["Payload"].decode())
        if "InvokeComplete" in event:
            complete = event["InvokeComplete"]
    return {
        **metadata(response),
        "pieces": pieces,
        "version": response.get("ExecutedVersion"),
        "completed": complete is not None,
        "error_code": (complete or {}).get("ErrorCode"),
        "error_details": (complete or {}).get("ErrorDetails"),
        "log": text((complete or {}).get("LogResult")),
    }


def invoke_async(case):
    response = client(case).invoke_async(
        FunctionName=case["function"], InvokeArgs=payload(case)
    )
    return {**metadata(response), "said": response["Status"]}


def presigned(case):
    """A URL that holds its signature, used by something that knows nothing of AWS."""
    function = {"FunctionName": case["function"]}
    url = client(case).generate_presigned_url("invoke", Params=function, ExpiresIn=60)
    request = urllib.request.Request(url, data=payload(case), method="POST")
    try:
        with urllib.request.urlopen(request) as response:
            version = response.headers.get("x-amz-executed-version")
            payload_read = response.read().decode()
            return {"status": response.status, "payload": payload_read, "version": version}
    except urllib.error.HTTPError as error:
        name = error.headers.get("x-amzn-errortype")
        return {"error": name, "status": error.code, "message": error.read().decode()}


OPERATIONS = {
    "invoke": invoke,
    "stream": stream,
    "invoke_async": invoke_async,
    "presigned": presigned,
}


def failed(case, error):
    name = error.response["Error"]["Code"]
    exceptions = client(case).exceptions
    typed = getattr(exceptions, name, None) if hasattr(exceptions, name) else None
    return {
        **metadata(error.response),
        "error": name,
        "message": error.response["Error"]["Message"],
        "typed": typed is not None and isinstance(error, typed),
        "reason": error.response.get("Reason"),
        "retry_after": error.response.get("retryAfterSeconds"),
    }


def do(case):
    try:
        return OPERATIONS[case["operation"]](case)
    except botocore.exceptions.ClientError as error:
        return failed(case, error)
    except Exception as error:  # What it is decides whoever reads the line.
        return {"error": type(error).__name__, "message": str(error)}


for case in json.load(open(sys.argv[1])):
    print(json.dumps({"case": case["case"], **do(case)}), flush=True)
