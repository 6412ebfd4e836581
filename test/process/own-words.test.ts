import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { SmallModel } from '../packaging/small-model.ts';

const door = (path: string) => JSON.stringify(pathToFileURL(join('dist/src', path)).href);

/** A charm whose bell is broken, as a process. */
const program = (shown: string, options: string) => `
import { defineCharm, halt, vocabulary } from ${door('index.js')};
import { dispatchCharm } from ${door('juju/index.js')};
const { ask, chart, returns } = vocabulary({ learned: {} });
const bell = chart('bell', {
  rings: ask('Rings?', () => ({ _tag: 'Rings' }), { yes: 'rtn', no: 'rtn' }),
  rtn: returns,
});
const charm = defineCharm({
  name: 'bell',
  machines: { bell },
  events: { start: 'bell' },
  learned: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } },
  perform: { Rings: () => halt({ _tag: 'Cracked', class: 'broken', why: 'it fell' }) },
  shown: ${shown},
});
const output = { out: console.log, error: console.error };
process.exitCode = await dispatchCharm({ charm }, process.env, output, ${options});
`;

it.each([
  ['as the charm shows it', "{ render: ({ _tag }) => 'Oh, ' + _tag }", '{}', 'Oh, Cracked'],
  ['as the process is told to', "{ render: () => 'not this' }", "{ render: () => 'this' }", 'this'],
  ['as the kit tells it', '{}', '{}', 'Cracked: it fell'],
])('why a hook failed stands in the log %s', { timeout: 60_000 }, async (...given) => {
  const [, shown, options, said] = given;
  const model = await SmallModel.start();
  try {
    const script = program(shown, options);
    const ended = await model.hook([process.execPath, '--input-type=module', '-e', script], {
      name: 'start',
    });
    expect(ended).toMatchObject({ code: 1, error: `start: ${said}\n` });
  } finally {
    await model.stop();
  }
});
