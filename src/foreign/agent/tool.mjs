#!/usr/bin/env node
// As `tool`, for machines that have no Perl.
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { basename } from 'node:path';

const args = process.argv.slice(2);
const isInput = args.some(
  (arg, at) => arg === '--file=-' || (arg === '--file' && args[at + 1] === '-'),
);
const { JUJU_CONTEXT_ID: context = '', JUJU_AGENT_SOCKET_ADDRESS: path = '' } = process.env;
const input = isInput ? readFileSync(0) : Buffer.alloc(0);
const fields = [context, process.cwd(), input, basename(process.argv[1] ?? ''), ...args].map(
  (field) => Buffer.from(field),
);
const juju = createConnection(path);
juju.write(`${fields.length}\n`);
for (const field of fields) {
  juju.write(`${field.length}\n`);
  juju.write(field);
}
const parts = [];
for await (const part of juju) parts.push(part);
const answer = Buffer.concat(parts);
const line = answer.indexOf('\n');
const [code, length] = answer.subarray(0, line).toString().split(' ').map(Number);
process.stdout.write(answer.subarray(line + 1, line + 1 + length));
process.stderr.write(answer.subarray(line + 1 + length));
process.exitCode = code;
