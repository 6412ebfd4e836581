/** The simulated hook tools against what the real ones answered, call by call. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeCharm } from '../../src/foreign/description.ts';
import { answer, type Beside } from '../../src/foreign/tool-calls.ts';
import { simulated } from '../../src/pgbouncer/testing/index.ts';
import { worldOf } from '../../src/testing/deploy.ts';
import { HookTools } from '../../src/testing/hook-tools.ts';
import { flushed } from '../../src/testing/lifecycle.ts';
import { updateStatus } from '../../src/testing/resolver.ts';
import { ToolError } from '../../src/testing/tool-error.ts';
import { type View, viewOf } from '../../src/testing/view.ts';
import type { Hook, Relation, StoredSecret, World } from '../../src/testing/world.ts';
import { call, type Surroundings } from '../pgbouncer/charm/tool-calls.ts';

interface Recorded {
  readonly tool: string;
  readonly argv: readonly string[];
  readonly stdin: string | null;
  readonly context: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

const file: {
  tools: Record<string, readonly Omit<Recorded, 'tool'>[]>;
  commits: readonly {
    context: string;
    calls: string | readonly { argv: readonly string[] }[];
    committed: boolean;
    error: string | null;
  }[];
} = JSON.parse(readFileSync('test/testing/juju-agent/tools.json', 'utf8'));

const all: readonly Recorded[] = Object.entries(file.tools).flatMap(([tool, calls]) =>
  calls.map((one) => ({ tool, ...one })),
);

const model = 'secret://deadbeef-0bad-400d-8000-4b1d0d06f00d/';
const uri = (number: number) => `${model}c${String(number).padStart(19, '0')}`;

/** What an answer that was recorded before any write tells of the world. */
const answered = (tool: string, ...words: readonly string[]) => {
  const found = all.find(
    (one) => one.tool === tool && one.exit === 0 && words.every((word) => one.argv.includes(word)),
  );
  return JSON.parse(found?.stdout ?? 'null');
};

const bag = (relation: string, who: string) => answered('relation-get', relation, '-', who);

const content = answered('secret-get', uri(2));

function recordedWorld(): World {
  const base = worldOf(simulated, { units: 2, requirers: {}, hasSecrets: true });
  const told = (application: object, units: Record<string, object>) => ({
    application: application as Record<string, string>,
    units: units as Record<string, Record<string, string>>,
    changing: null,
  });
  const relation = (
    provider: string,
    endpoint: string,
    requirer: string,
    own: string,
  ): Relation => ({
    provider,
    endpoint,
    requirer,
    requirerEndpoint: own,
    life: 'alive',
    wasSuspended: false,
    applications: {},
    units: {},
    scope: [],
  });
  const peers = base.relations[0] as Relation;
  const units = {
    'pgbouncer/0': bag('pgb-peers:0', 'pgbouncer/0'),
    'pgbouncer/1': bag('pgb-peers:0', 'pgbouncer/1'),
  };
  const relations = {
    0: { ...peers, applications: { pgbouncer: bag('pgb-peers:0', 'pgbouncer') }, units },
    1: {
      ...relation('postgresql', 'database', 'pgbouncer', 'backend-database'),
      applications: {
        postgresql: bag('backend-database:1', 'postgresql'),
        pgbouncer: bag('backend-database:1', 'pgbouncer'),
      },
    },
    2: {
      ...relation('pgbouncer', 'database', 'app', 'database'),
      applications: { app: bag('database:2', 'app'), pgbouncer: bag('database:2', 'pgbouncer') },
      units: { 'app/0': bag('database:2', 'app/0') },
    },
    3: {
      ...relation('pgbouncer', 'database', 'plainapp', 'database'),
      applications: { plainapp: {}, pgbouncer: bag('database:3', 'pgbouncer') },
    },
  };
  const secret = (
    owner: string,
    label: string | null,
    grants: readonly number[],
    ...revisions: readonly Record<string, string>[]
  ): StoredSecret => ({ owner, label, grants, revisions, tracked: {} });
  const unit = (name: string) => {
    const [found, other] = [base.units[name], name.endsWith('0') ? 'pgbouncer/1' : 'pgbouncer/0'];
    if (found === undefined) throw new Error(name);
    const states = all.filter(({ tool, argv }) => tool === 'state-get' && argv.length === 1);
    const known = {
      0: told(relations[0].applications.pgbouncer, { [other]: units[other as 'pgbouncer/0'] }),
      1: told({}, { 'postgresql/0': {} }),
      2: told({}, { 'app/0': bag('database:2', 'app/0') }),
      3: told({}, { 'plainapp/0': {} }),
    };
    const state = JSON.parse(states[name.endsWith('0') ? 0 : 1]?.stdout ?? '{}');
    return { ...found, queue: [], told: known, state };
  };
  const pgbouncer = base.applications.pgbouncer;
  if (pgbouncer === undefined) throw new Error('no pgbouncer');
  const config = answered('config-get', '--format=json');
  return {
    ...base,
    applications: { ...base.applications, pgbouncer: { ...pgbouncer, config } },
    units: { 'pgbouncer/0': unit('pgbouncer/0'), 'pgbouncer/1': unit('pgbouncer/1') },
    relations,
    secrets: {
      [uri(1)]: secret('pgbouncer', 'database.2.tls.secret', [2], { tls: 'False' }),
      [uri(2)]: secret('pgbouncer', 'database.2.user.secret', [2], { password: 'old' }, content),
      [uri(3)]: secret('pgbouncer', 'pgb-peers.auth.secret', [], { username: 'auth' }),
      [uri(4)]: secret('pgbouncer', 'database.3.user.secret', [], { username: 'other' }),
      [uri(5)]: secret('postgresql', null, [1], answered('secret-get', uri(5))),
      [uri(6)]: secret('postgresql', null, [], { username: 'foreign' }),
    },
  };
}

const files: Record<string, string> = {
  'FOLDER/value': 'a value',
  'FOLDER/value2': 'another',
  'FOLDER/empty': '',
  ...Object.fromEntries(
    Object.keys(content)
      .sort()
      .map((key, number) => [`FOLDER/same-${number}`, content[key]]),
  ),
};

const around = (unit: string): Surroundings => ({
  backend: null,
  backendSecret: {},
  asked: {},
  config: answered('config-get', '--format=json'),
  address: '',
  network: JSON.parse(
    all.filter(({ tool, exit }) => tool === 'network-get' && exit === 0)[unit.endsWith('0') ? 0 : 1]
      ?.stdout ?? '{}',
  ),
  goals: answered('goal-state', '--format=json').relations,
  content: (path) => {
    const found = files[path];
    if (found === undefined) throw new Error(path);
    return found;
  },
});

const foreign = {
  ...describeCharm('test/foreign/charms/bash'),
  options: Object.keys(answered('config-get', '--format=json')).map((name) => ({
    name,
    type: 'string',
    default: null,
    description: '',
  })),
};

/** The same tools as a charm in any language is answered by them, on a model of their own. */
class AsPrograms {
  readonly #tools: HookTools;
  /** The id that the next secret is given. */
  #made: string | undefined;
  readonly #beside: Beside = {
    status: { name: 'unknown', message: '' },
    applicationStatus: { name: 'unknown', message: '' },
    version: '',
    ports: [],
    logged: [],
  };

  constructor(view: View) {
    this.#tools = new HookTools(view);
    const { secrets } = this.#tools;
    const add = secrets.add.bind(secrets);
    secrets.add = (owner, content, label) => add(owner, content, label, this.#made);
  }

  answer({ tool, argv: args, stdout }: Recorded, input: string) {
    this.#made = stdout.trim() || undefined;
    const nowhere = () => '';
    const call = { tool, args, input, files };
    const around = { tools: this.#tools, charm: foreign, beside: this.#beside };
    return answer({ ...around, storage: nowhere, resource: nowhere }, call);
  }
}

/** What is about the recorded charm's own endpoints and addresses. */
const isOfPlace = ({ tool }: Recorded) => tool === 'network-get' || tool === 'goal-state';

/** One hook, and the calls that were made in it, in an order in which each makes sense. */
class Replayed {
  readonly tools: HookTools;
  readonly #around: Surroundings;
  readonly #programs: AsPrograms;

  constructor(world: World, unit: string, hook: Hook = updateStatus) {
    this.tools = new HookTools(viewOf(world, unit, hook));
    this.#around = around(unit);
    this.#programs = new AsPrograms(viewOf(world, unit, hook));
  }

  answer(recorded: Recorded): Pick<Recorded, 'exit' | 'stdout' | 'stderr'> {
    const { tool, argv, stdin, stdout } = recorded;
    const made = tool === 'secret-add' ? stdout.trim() : undefined;
    const [, text = '', count = '0'] =
      /^(\{"\w+": "v+)….* \((\d+) characters\)$/.exec(stdin ?? '') ?? [];
    const input = text === '' ? (stdin ?? '') : `${text.padEnd(Number(count) - 2, 'v')}"}`;
    const answers = () => {
      try {
        const around = { ...this.#around, nextSecret: () => made };
        return { exit: 0, stdout: call(this.tools, around, tool, argv, input), stderr: '' };
      } catch (error) {
        if (!(error instanceof ToolError)) throw error;
        return { exit: error.exitCode, stdout: '', stderr: `${error.message}\n` };
      }
    };
    const found = answers();
    if (!isOfPlace(recorded)) expect(this.#programs.answer(recorded, input)).toEqual(found);
    return found;
  }

  commit(): string | null {
    try {
      this.tools.flush();
      return null;
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      return error.message.replace('ERROR ', '');
    }
  }
}

const expected = ({ exit, stdout, stderr }: Recorded) => ({ exit, stdout, stderr });

const of = (context: string) =>
  all.filter((one) => one.context === context || one.context.startsWith(`${context}; `));

const named = ({ tool, argv, context }: Recorded): string =>
  `${tool} ${argv.join(' ')} (${context})`;

const ofRelation = (kind: string): Hook => ({
  name: `database-relation-${kind}`,
  relation: 2,
  remoteApplication: 'app',
  ...(kind === 'departed' ? { remoteUnit: 'app/0', departingUnit: 'app/0' } : {}),
});

const statuses = [
  ['status-set', 'active'],
  ['status-set', 'nonsense'],
  ['status-set', 'waiting'],
  ['status-get'],
] as const;

/** Which call comes next where one depends on another; all others follow in the order of the file. */
const sequences: Readonly<
  Record<string, readonly (readonly [tool: string, ...words: string[]])[]>
> = {
  'leader, no hook of a relation': statuses,
  'not the leader, no hook of a relation': statuses,
  'not the leader; writes': [
    ['relation-set'],
    ['relation-set'],
    ['relation-set'],
    ['relation-get'],
    ['secret-add', 'application'],
    ['secret-add', 'unit'],
    ['secret-info-get'],
  ],
  'leader; writes; Juju refuses the commit': [
    ['relation-set', '{"key":"value","gone":""}'],
    ['relation-get', 'after a write'],
    ...Array.from({ length: 12 }, () => ['relation-set'] as const),
    ['relation-get'],
    ['state-set', '"one":"1"'],
    ['state-get', 'one'],
    ['state-set', '"one":""'],
    ['state-get', 'after it was set'],
    ['secret-add', 'vector.one'],
    ['secret-get', 'made in this hook'],
    ['secret-add', 'label made in this hook'],
    ['secret-info-get', 'made in this hook'],
    ['secret-grant', uri(8)],
    ['secret-info-get', 'made and granted'],
    ['secret-set', uri(8)],
    ['secret-get', 'made and set'],
    ['secret-remove', uri(8)],
    ['secret-get', 'made and removed'],
    ['secret-grant', 'once more'],
    ['secret-set', uri(2), 'key#file'],
    ['secret-get', 'set in this hook'],
    ['secret-get', 'without --refresh'],
    ['secret-remove', uri(1)],
    ['secret-get', 'removed in this hook'],
    ['secret-info-get', 'removed in this hook'],
  ],
};

function inOrder(context: string): readonly Recorded[] {
  const left = [...of(context)];
  const first = (sequences[context] ?? []).flatMap(([tool, ...words]) => {
    const at = left.findIndex(
      (one) =>
        one.tool === tool &&
        words.every((word) => `${one.argv.join(' ')} ${one.stdin} ${one.context}`.includes(word)),
    );
    return at < 0 ? [] : left.splice(at, 1);
  });
  return [...first, ...left];
}

const reading = [
  ['leader, no hook of a relation', 'pgbouncer/0', updateStatus],
  ['not the leader, no hook of a relation', 'pgbouncer/1', updateStatus],
  ['leader, database-relation-departed of database:2', 'pgbouncer/0', ofRelation('departed')],
  [
    'not the leader, database-relation-departed of database:2',
    'pgbouncer/1',
    ofRelation('departed'),
  ],
  ['leader, database-relation-broken of database:2', 'pgbouncer/0', ofRelation('broken')],
  ['not the leader, database-relation-broken of database:2', 'pgbouncer/1', ofRelation('broken')],
  ['leader, after database-relation-broken', 'pgbouncer/0', updateStatus],
] as const;

function worldIn(context: string): World {
  const world = recordedWorld();
  const ending: World = {
    ...world,
    relations: { ...world.relations, 2: { ...(world.relations[2] as Relation), life: 'dying' } },
  };
  const unitsWithout = (how: (told: Record<string, unknown>) => unknown): World['units'] =>
    Object.fromEntries(
      Object.entries(world.units).map(([name, unit]) => [
        name,
        { ...unit, told: how({ ...unit.told }) as typeof unit.told },
      ]),
    );
  if (context.includes('-departed')) return ending;
  if (context.includes('-broken of'))
    return {
      ...ending,
      units: unitsWithout((told) => ({
        ...told,
        2: { application: {}, units: {}, changing: null },
      })),
    };
  if (!context.includes('after database')) return world;
  return { ...ending, units: unitsWithout(({ 2: _, ...told }) => told) };
}

const tried = new Set<Recorded>();

describe.each(reading)('%s', (context, unit, hook) => {
  const replayed = new Replayed(worldIn(context), unit, hook);
  it.each(inOrder(context).map((one) => [named(one), one] as const))('%s', (_, one) => {
    tried.add(one);
    expect(replayed.answer(one)).toEqual(expected(one));
  });
});

/** The order of a map in Go is random. */
const isUnordered = ({ tool }: Recorded) => tool === 'secret-ids';
const sortedAnswer = (text: string) => JSON.stringify(JSON.parse(text).sort());

describe.each([
  ['not the leader; writes', 'pgbouncer/1'],
  ['leader; writes; Juju refuses the commit', 'pgbouncer/0'],
])('%s', (context, unit) => {
  const replayed = new Replayed(recordedWorld(), unit);
  it.each(inOrder(context).map((one) => [named(one), one] as const))('%s', (_, one) => {
    tried.add(one);
    const answer = replayed.answer(one);
    if (isUnordered(one)) expect(sortedAnswer(answer.stdout)).toBe(sortedAnswer(one.stdout));
    else expect(answer).toEqual(expected(one));
  });
  it('commits as it was seen to', () => {
    expect(replayed.commit()).toBe(file.commits.find((one) => one.context === context)?.error);
  });
});

describe('the commit', () => {
  const after = () => {
    const world = recordedWorld();
    const tools = new HookTools(viewOf(world, 'pgbouncer/0', updateStatus));
    tools.secrets.remove(uri(1));
    return flushed(world, 'pgbouncer/0', tools.flush());
  };
  it.each(file.commits.map((one) => [one.context, one] as const))('%s', (context, commit) => {
    if (/writes/.test(context)) return;
    const world = context.includes('hook after a secret was removed') ? after() : recordedWorld();
    const replayed = new Replayed(world, context.startsWith('not') ? 'pgbouncer/1' : 'pgbouncer/0');
    if (typeof commit.calls !== 'string' || context.includes('exit code 0'))
      for (const one of of(context)) {
        tried.add(one);
        if (context.includes('beyond its 2 MiB')) {
          const full = Array.from({ length: 40 }, (_, key) => [`k${key}`, 'v'.repeat(60_000)]);
          const input = JSON.stringify(Object.fromEntries(full));
          expect(replayed.answer({ ...one, stdin: input })).toEqual(expected(one));
        } else expect(replayed.answer(one)).toEqual(expected(one));
      }
    expect(replayed.commit()).toBe(commit.error);
    expect(commit.committed).toBe(commit.error === null);
  });

  it('of equal content makes no revision', () => {
    const replayed = new Replayed(recordedWorld(), 'pgbouncer/0');
    for (const one of of('leader; secret-set with equal content; exit code 0')) {
      tried.add(one);
      expect(replayed.answer(one)).toEqual(expected(one));
    }
    expect(replayed.tools.flush().secrets[uri(2)]?.revisions).toHaveLength(2);
  });
});

describe('goal-state while a unit goes', () => {
  const calls = all.filter(({ context }) => context.includes('while pgbouncer/1 is dying'));
  it.each(calls.map((one) => [named(one), one] as const))('%s', (_, one) => {
    tried.add(one);
    const recorded = JSON.parse(one.stdout);
    const world = recordedWorld();
    const dying = {
      ...(world.units['pgbouncer/1'] as World['units'][string]),
      life: 'dying' as const,
    };
    // The unit is listed until it is gone.
    const units = { 'pgbouncer/0': world.units['pgbouncer/0'] as World['units'][string] };
    const isThere = recorded.units['pgbouncer/1'] !== undefined;
    const tools = new HookTools(
      viewOf(
        { ...world, units: isThere ? { ...units, 'pgbouncer/1': dying } : units },
        'pgbouncer/0',
        updateStatus,
      ),
    );
    const statuses = { 'pgbouncer/0': recorded.units['pgbouncer/0'].status };
    const surroundings = { ...around('pgbouncer/0'), goals: recorded.relations, statuses };
    expect(call(tools, surroundings, 'goal-state', one.argv, '')).toBe(one.stdout);
  });
});

describe('the recording', () => {
  it('has been replayed whole', () => {
    expect(all.filter((one) => !tried.has(one)).map(named)).toEqual([]);
    expect([all.length, file.commits.length]).toEqual([240, 11]);
  });
});
