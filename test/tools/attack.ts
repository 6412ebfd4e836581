/** `npm run attack`: attackers of three kinds before a real charm, and a judge who knows nothing of them. */
import { parseArgs } from 'node:util';
import { onInterruption } from '../../src/cli/interruption.ts';
import { progressOn } from '../../src/cli/progress.ts';
import { instancesOf } from '../attack/attacks/index.ts';
import { randomTenants } from '../attack/random.ts';
import type { Verdict } from '../attack/round.ts';
import { runAttacks } from '../attack/suite.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    superuser: { type: 'boolean', default: false },
    planted: { type: 'boolean', default: false },
    open: { type: 'boolean', default: false },
    sample: { type: 'string' },
    random: { type: 'string' },
    seed: { type: 'string' },
    path: { type: 'string' },
    lanes: { type: 'string', default: '3' },
    units: { type: 'string', default: '2' },
  },
});

const say = (text: string) => process[values.json ? 'stderr' : 'stdout'].write(`${text}\n`);

const tell = ({ name, why, notes, seconds, slowest }: Verdict) => {
  const isPlanted = values.planted && !name.startsWith('(');
  const word = why.length === 0 ? (isPlanted ? 'MISSED' : 'held') : isPlanted ? 'found' : 'ESCAPED';
  say(
    `${word.padEnd(8)}${name.padEnd(62)}${seconds.toFixed(1).padStart(6)} s, slowest hook ${slowest.toFixed(1)} s`,
  );
  for (const sentence of why.slice(0, 8)) say(`           ${sentence.slice(0, 700)}`);
  if (why.length > 8) say(`           and ${why.length - 8} more`);
  if (why.length === 0) for (const note of notes.slice(0, 2)) say(`           (${note})`);
};

async function named(): Promise<void> {
  const seed = Number(values.seed ?? 1);
  const all = instancesOf({
    isSuperuserOnly: values.superuser,
    ...(values.only || positionals.length > 0 ? { only: positionals } : {}),
    ...(values.sample === undefined ? {} : { sample: Number(values.sample) }),
    seed,
    isPlanted: values.planted,
    isOpen: values.open,
  });
  if (values.list) {
    for (const { name, attack } of all)
      say(`${name.padEnd(66)}${attack.position.padEnd(9)}rule ${attack.rule}`);
    return;
  }
  const started = performance.now();
  const progress = progressOn();
  let count = 0;
  let held = 0;
  const word = values.planted ? 'not found' : 'held';
  // What runs beside it is ended where a process exits.
  onInterruption(() => {
    progress.end();
    say(`\nInterrupted: ${count} of ${all.length}, ${held} ${word}; seed ${seed}`);
  });
  const verdicts = await runAttacks(all, {
    lanes: Number(values.lanes),
    units: Number(values.units),
    tell: (verdict) => {
      progress.end();
      tell(verdict);
      if (!verdict.name.startsWith('(')) {
        count += 1;
        if (verdict.why.length === 0) held += 1;
      }
      progress.tell(count / all.length, `${count} of ${all.length}`);
    },
  });
  progress.end();
  const isAttack = ({ name }: Verdict) => !name.startsWith('(');
  const attacks = verdicts.filter(isAttack);
  const escaped = attacks.filter(({ why }) => why.length > 0).map(({ name }) => name);
  const why = Object.fromEntries(
    verdicts.filter((one) => one.why.length > 0).map((one) => [one.name, one.why]),
  );
  if (values.json)
    process.stdout.write(`${JSON.stringify({ attacks: attacks.length, held, escaped, why })}\n`);
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  say(
    `\n${attacks.length} ${values.planted ? 'holes' : 'attacks'}, ${values.planted ? `${escaped.length} found` : `${held} held`}, ${minutes} min`,
  );
  const isWell = values.planted ? held === 0 : escaped.length === 0;
  if (!isWell || verdicts.some((one) => !isAttack(one) && one.why.length > 0)) process.exitCode = 1;
}

async function random(): Promise<void> {
  const lanes = values.path === undefined ? Number(values.lanes) : 1;
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  const runs = Number(values.random);
  const started = performance.now();
  say(`${runs} sequences, seed ${seed}`);
  const progress = progressOn();
  let done = 0;
  onInterruption(() => {
    progress.end();
    say(`\nInterrupted: ${done} of ${runs} sequences held; seed ${seed}`);
  });
  const found = await Promise.all(
    Array.from({ length: lanes }, (_, lane) =>
      randomTenants({
        runs: Math.ceil(runs / lanes),
        seed: seed + lane,
        ...(values.path === undefined ? {} : { path: values.path }),
        setting: values.superuser ? 'superuser' : 'plain',
        tell: (sentence) => {
          progress.end();
          say(`lane ${lane}: ${sentence}`);
        },
        held: () => {
          done += 1;
          progress.tell(done / runs, `${done} of ${runs}`);
        },
      }),
    ),
  );
  progress.end();
  const escaped = found.filter((one) => one !== null);
  for (const { turns, why, seed, path } of escaped) {
    say(`\nESCAPED; replay with --random 1 --seed ${seed} --path ${path}`);
    for (const turn of turns)
      say('hook' in turn ? `  hook: ${turn.hook}` : `  ${turn.in}: ${turn.sql}`);
    for (const sentence of why.slice(0, 10)) say(`    ${sentence}`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ sequences: runs, seed, escaped })}\n`);
  say(
    `\n${runs} sequences, ${escaped.length} escaped, ${((performance.now() - started) / 60_000).toFixed(1)} min`,
  );
  if (escaped.length > 0) process.exitCode = 1;
}

await (values.random === undefined ? named() : random());
// Whoever got through may have left a session open that nobody ends.
process.exit();
