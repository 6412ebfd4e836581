/**
 * `npm run charm`: both charms, ready for `charmcraft pack`. With `--check` charmcraft looks at
 * them; with `--node FILE` they ship another Node than the pinned one.
 */
import { parseArgs } from 'node:util';
import { buildCharm } from './charm.ts';
import { check } from './charm-check.ts';
import { inspectNode, shippedNode } from './charm-node.ts';

const charms = [
  ['kubernetes', 'dist/charm'],
  ['machine', 'dist/charm-machine'],
] as const;

try {
  const { values } = parseArgs({
    options: { check: { type: 'boolean' }, node: { type: 'string' } },
  });
  const node = values.node === undefined ? shippedNode() : inspectNode(values.node);
  for (const [substrate, folder] of charms) {
    const bytes = await buildCharm(folder, { substrate, node, runtime: 'copy' });
    process.stdout.write(
      `${folder}: for ${substrate} on ${node.architecture}, bundle of ${Math.round(bytes / 1024)} KB, Node ${node.version}\n`,
    );
  }
  if (values.check === true)
    for (const [, folder] of charms) {
      const objections = check(folder, process.env);
      for (const objection of objections) process.stdout.write(`${folder}: ${objection}\n`);
      if (objections.length === 0) process.stdout.write(`${folder}: charmcraft takes it\n`);
      else process.exitCode = 1;
    }
} catch (error) {
  if (!(error instanceof Error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
