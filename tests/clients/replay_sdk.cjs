// Repeats calls with the AWS SDK for JavaScript: reads {endpoint, region, calls: [{service, operation, params}]} on stdin, writes one
// {answer | error, status, type, body} a call on stdout; `body` are the bytes of the answer in base64. NODE_MODULES_OF names the folder with the packages.
"use strict";
const { createRequire } = require("node:module");
const { Readable } = require("node:stream");
const packages = createRequire(process.env.NODE_MODULES_OF + "/");
const PACKAGE = { ec2: "ec2", ecs: "ecs", ecr: "ecr", elbv2: "elastic-load-balancing-v2", rds: "rds", iam: "iam", sts: "sts", kms: "kms", secretsmanager: "secrets-manager", logs: "cloudwatch-logs" };

async function bytesOf(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

function clientOf(service, endpoint, region, seen) {
  const sdk = packages(`@aws-sdk/client-${PACKAGE[service]}`);
  const name = Object.keys(sdk).find((key) => key.endsWith("Client") && key !== "__Client");
  const client = new sdk[name]({ endpoint, region, maxAttempts: 1 });
  const handler = client.config.requestHandler, handle = handler.handle.bind(handler);
  handler.handle = async (request, options) => {
    const answer = await handle(request, options);
    const body = await bytesOf(answer.response.body);
    Object.assign(seen, { status: answer.response.statusCode, type: answer.response.headers["content-type"] ?? "", body: body.toString("base64") });
    answer.response.body = Readable.from([body]);
    return answer;
  };
  return { sdk, client };
}

const encode = (_, value) => (value?.type === "Buffer" && Array.isArray(value.data) ? Buffer.from(value.data).toString("base64") : value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value);

async function main() {
  const { endpoint, region, calls } = JSON.parse(await bytesOf(process.stdin));
  const clients = {}, out = [];
  for (const { service, operation, params } of calls) {
    const seen = {};
    clients[service] ??= (() => { const holder = {}; return { ...clientOf(service, endpoint, region, holder), holder }; })();
    const { sdk, client, holder } = clients[service];
    for (const key of Object.keys(holder)) delete holder[key];
    try {
      const { $metadata, ...answer } = await client.send(new sdk[`${operation}Command`](params));
      seen.answer = answer;
    } catch (error) {
      seen.error = { name: error.name, message: error.message };
    }
    out.push({ ...seen, ...holder });
  }
  process.stdout.write(JSON.stringify(out, encode));
}

main();
