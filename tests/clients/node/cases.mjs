// Does each case of the file named first with the AWS SDK for JavaScript, and prints what came of
// it as a line of JSON.

import { readFileSync } from "node:fs";
import {
  InvokeAsyncCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  LambdaServiceException,
} from "@aws-sdk/client-lambda";
import * as sdk from "@aws-sdk/client-lambda";

const clients = new Map();

/** One for each way to reach the shim. */
function client(one) {
  const key = JSON.stringify([one.endpoint, one.keys, one.read_timeout]);
  if (!clients.has(key)) clients.set(key, makeClient(one));
  return clients.get(key);
}

function makeClient(one) {
  const settings = { region: "us-east-1", maxAttempts: 3 };
  // Without one, the variable AWS_ENDPOINT_URL_LAMBDA says where.
  if (one.endpoint) settings.endpoint = one.endpoint;
  if (one.keys) {
    settings.credentials = {
      accessKeyId: one.keys.id,
      secretAccessKey: one.keys.secret,
    };
  } else {
    settings.signer = { sign: async (request) => request };
    settings.credentials = { accessKeyId: "none", secretAccessKey: "none" };
  }
  if (one.read_timeout) {
    settings.requestHandler = {
      requestTimeout: one.read_timeout * 1000,
      throwOnRequestTimeout: true,
    };
  }
  return new LambdaClient(settings);
}

function payload(one) {
  if (one.fill) return Buffer.from(`"${"x".repeat(one.fill - 2)}"`);
  return Buffer.from(one.payload);
}

function parameters(one) {
  const context = one.client_context;
  return {
    FunctionName: one.function,
    Payload: payload(one),
    Qualifier: one.qualifier,
    InvocationType: one.type,
    LogType: one.log,
    TenantId: one.tenant,
    ClientContext: context && Buffer.from(context).toString("base64"),
  };
}

const text = (encoded) =>
  encoded ? Buffer.from(encoded, "base64").toString() : null;

function metadata({ httpStatusCode, requestId, attempts }) {
  return { status: httpStatusCode, request_id: requestId, attempts };
}

async function invoke(one) {
  const response = await client(one).send(new InvokeCommand(parameters(one)));
  return {
    ...metadata(response.$metadata),
    // An empty one is none here.
    payload: Buffer.from(response.Payload ?? "").toString(),
    version: response.ExecutedVersion ?? null,
    function_error: response.FunctionError ?? null,
    log: text(response.LogResult),
  };
}

async function stream(one) {
  const command = new InvokeWithResponseStreamCommand(parameters(one));
  const response = await client(one).send(command);
  const pieces = [];
  let complete;
  for await (const event of response.EventStream) {
    if (event.PayloadChunk) pieces.push(Buffer.from(event.PayloadChunk.Payload).toString());
    if (event.InvokeComplete) complete = event.InvokeComplete;
  }
  return {
    ...metadata(response.$metadata),
    pieces,
    version: response.ExecutedVersion ?? null,
    completed: complete !== undefined,
    error_code: complete?.ErrorCode ?? null,
    error_details: complete?.ErrorDetails ?? null,
    log: text(complete?.LogResult),
  };
}

async function invokeAsync(one) {
  const asked = { FunctionName: one.function, InvokeArgs: payload(one) };
  const response = await client(one).send(new InvokeAsyncCommand(asked));
  return { ...metadata(response.$metadata), said: response.Status };
}

const operations = { invoke, stream, invoke_async: invokeAsync };

function failed(error) {
  const typed = sdk[error.name];
  return {
    ...metadata(error.$metadata ?? {}),
    error: error.name,
    message: error.message,
    typed:
      error instanceof LambdaServiceException &&
      typeof typed === "function" &&
      error instanceof typed,
    reason: error.Reason ?? null,
    retry_after: error.retryAfterSeconds ?? null,
  };
}

for (const one of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  const done = await operations[one.operation](one).catch(failed);
  console.log(JSON.stringify({ case: one.case, ...done }));
}
process.exit(0);
