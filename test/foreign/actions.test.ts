/** Actions of a foreign charm, and oracles that its author wrote. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  asksAndReads,
  describeCharm,
  openForeignCharm,
  oraclesIn,
  refusalOf,
  soakForeign,
} from '../../src/foreign/index.ts';
import { Simulation } from '../../src/testing/index.ts';
import { folderOf, noPython } from './tiny-charms.ts';

const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true });
});

function folder(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), 'hookchart-actions-'));
  made.push(path);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
    if (text.startsWith('#!')) chmodSync(join(path, name), 0o755);
  }
  return path;
}

const metadata = { 'metadata.yaml': 'name: shelf\nprovides:\n  book: { interface: book }\n' };
const actions = `paint:
  params:
    colour: { type: string, default: white }
    size: { type: object }
`;
const strict = `paint:
  params:
    colour: { type: string, enum: [white, blue] }
    coats: { type: integer, minimum: 1, maximum: 3 }
    size:
      type: object
      properties: { width: { type: number } }
      required: [width]
    names: { type: array, items: { type: string, pattern: "^[a-z]+$" }, maxItems: 2 }
    either: { type: [string, "null"], minLength: 2 }
  required: [colour]
  additionalProperties: false
`;

describe('what an action is given', () => {
  const file = (text: string) => ({
    ...metadata,
    'hooks/install': '#!/bin/sh\n',
    'actions.yaml': text,
  });
  const of = (text: string) => describeCharm(folder(file(text))).actions[0]?.schema ?? {};
  const failed = (what: string) => `validation failed: (root)${what}`;

  it.each([
    [{}, ' : "colour" property is missing and required, given {}'],
    [{ colour: 5 }, '.colour : must be of type string, given 5'],
    [
      { colour: 'red' },
      '.colour : must match one of the enum values ["white","blue"], given "red"',
    ],
    [{ colour: 'blue', coats: 1.5 }, '.coats : must be of type integer, given 1.5'],
    [{ colour: 'blue', coats: 0 }, '.coats : must be greater than or equal to 1, given 0'],
    [{ colour: 'blue', coats: 4 }, '.coats : must be less than or equal to 3, given 4'],
    [{ colour: 'blue', size: {} }, '.size : "width" property is missing and required, given {}'],
    [{ colour: 'blue', names: ['B'] }, '.names.0 : does not match pattern "^[a-z]+$", given "B"'],
    [{ colour: 'blue', either: 'a' }, '.either : must have at least 2 characters, given "a"'],
    [{ colour: 'blue', either: 1 }, '.either : must be of type string or null, given 1'],
    [
      { colour: 'blue', glaze: true },
      ' : additional property "glaze" is not allowed, given {"colour":"blue","glaze":true}',
    ],
  ])('%j is refused by Juju', (given, what) => {
    expect(refusalOf(of(strict), given)).toBe(failed(what));
  });

  it('is taken where it fits, and where nothing is said of it', () => {
    const whole = { colour: 'blue', coats: 2, size: { width: 1.5 }, names: ['a'], either: null };
    expect(refusalOf(of(strict), whole)).toBeNull();
    expect(refusalOf(of(actions), { glaze: 1 })).toBeNull();
    expect(refusalOf(of('paint: {}\n'), { glaze: 1 })).toBeNull();
  });

  it('is said to be wrong before a charm is soaked with it', async () => {
    const asked = { actions: [{ name: 'paint', parameters: {} }] };
    await expect(openForeignCharm(folder(file(strict)), asked)).rejects.toThrow(
      'Juju would not run the action paint: validation failed: (root) : "colour" property is missing',
    );
  });
});

async function acted(action: string, parameters: Readonly<Record<string, unknown>> = {}) {
  const charm = await openForeignCharm(
    folder({
      ...metadata,
      'actions.yaml': actions,
      'hooks/install': '#!/bin/sh\n',
      'actions/paint': action,
    }),
    { actions: [{ name: 'paint', parameters }] },
  );
  try {
    const { simulated } = charm;
    const simulation = new Simulation(simulated, { units: 1, requirers: {}, hasSecrets: true });
    const hook = { name: 'paint', action: { id: '7', parameters } };
    await expect(simulation.take({ _tag: 'RunHook', unit: 'shelf/0', hook })).rejects.toThrow(
      'shelf/0 is not there for actions',
    );
    await simulation.rest();
    const { outcome, world } = await simulation.take({ _tag: 'RunHook', unit: 'shelf/0', hook });
    const { last, beside } = world.outside.units['shelf/0'] ?? {};
    return {
      told: beside?.action,
      failure: outcome?.failure,
      last,
      said: last?.calls.map(({ tool, stdout, stderr }) => [tool, stdout.trim(), stderr.trim()]),
      unit: world.units['shelf/0'],
    };
  } finally {
    charm.close();
  }
}

describe('an action', () => {
  it('has its parameters, and tells what came of it', async () => {
    const script = `#!/bin/sh
action-log begun
action-set colour="$(action-get colour)" size.wide="$(action-get size.wide)" size.all="$(action-get size --format=json)"
action-get --format=json
action-get nosuch
action-set Colour=x || true
action-set stdout=x || true
action-fail 'no paint'
`;
    const { told, failure, last, said } = await acted(script, { size: { wide: 3 } });
    expect(told).toEqual({
      results: { colour: 'white', size: { wide: '3', all: '{"wide":3}' } },
      failure: 'no paint',
      log: ['begun'],
    });
    expect(failure).toBeNull();
    expect(said).toContainEqual(['action-get', '{"colour":"white","size":{"wide":3}}', '']);
    expect(said).toContainEqual(['action-get', '', '']);
    const [name, output] = ['action-set', ''];
    const why = 'must start and end with lowercase alphanumeric, and contain only lowercase';
    expect(said).toContainEqual([name, output, expect.stringContaining(`key "Colour" ${why}`)]);
    expect(said).toContainEqual([name, output, 'ERROR cannot set reserved action key "stdout"']);
    expect(last?.environment).toMatchObject({
      JUJU_ACTION_NAME: 'paint',
      JUJU_ACTION_UUID: '7',
      JUJU_ACTION_TAG: 'action-7',
      JUJU_DISPATCH_PATH: 'actions/paint',
      JUJU_HOOK_NAME: '',
    });
  });

  it('is over once it has failed, and leaves nothing behind', async () => {
    const charm = folder({
      ...metadata,
      'actions.yaml': actions,
      'hooks/install': '#!/bin/sh\naction-get || true\n',
      'actions/paint': '#!/bin/sh\nstate-set painted=yes\nexit 3\n',
    });
    const opened = await openForeignCharm(charm, { actions: [{ name: 'paint', parameters: {} }] });
    try {
      const { failure } = await soakForeign(opened, { hooks: 100, seed: 1, shrinkSeconds: 5 });
      expect(failure?.shortest.violations).toEqual([
        { invariant: 'ActionsEnd', what: expect.stringContaining('the action paint of shelf/') },
      ]);
      expect(failure?.shortest.story.at(-1)).toMatch(
        /^shelf\/\d runs the action paint — fails: exit code 3$/,
      );
      const simulation = new Simulation({ ...opened.simulated, invariants: [] }, { requirers: {} });
      await simulation.rest();
      const { last } = simulation.world.outside.units['shelf/0'] ?? {};
      expect(last?.environment.JUJU_ACTION_NAME).toBeUndefined();
      const hook = { name: 'paint', action: { id: '1', parameters: {} } };
      const { world } = await simulation.take({ _tag: 'RunHook', unit: 'shelf/0', hook });
      expect(world.units['shelf/0']).toMatchObject({ failed: null, state: {} });
    } finally {
      opened.close();
    }
  });

  it('is refused where the charm has none of that name', async () => {
    const asked = [{ name: 'burn', parameters: {} }];
    await expect(openForeignCharm(folderOf('bash'), { actions: asked })).rejects.toThrow(
      'keeper has no action burn; it has none',
    );
  });
});

const inModule = `export const GreetingIsKind = {
  claims: 'Nobody is told hello.',
  check: ({ atRest, relations, hook, application, units, secrets }) =>
    atRest && application.leader && Object.keys(units).length > 0 && secrets
      ? Object.entries(relations).flatMap(([id, { databags }]) =>
          databags[application.name]?.greeting === 'hello' ? ['relation ' + id + ' is told hello'] : [])
      : hook && hook.name === 'nosuch' ? ['nosuch'] : [],
};
`;
const inPython = `"""What the author knows."""

def greeting_is_kind(view):
    """Nobody is told hello."""
    if not view['atRest']:
        return []
    name = view['application']['name']
    print('this goes to nobody')
    return [
        f'relation {number} is told hello'
        for number, relation in view['relations'].items()
        if relation['databags'].get(name, {}).get('greeting') == 'hello'
    ]

def _helps(view):
    raise ValueError()
`;

type Case<Last> = readonly [file: string, text: string, last: Last];
const withPython = <Last>(cases: readonly Case<Last>[]) => (noPython === null ? cases : []);
const mine: readonly Case<string>[] = [
  ['mine.mjs', inModule, 'GreetingIsKind'],
  ...withPython([['mine.py', inPython, 'greeting_is_kind']]),
];
const wrong: readonly Case<RegExp>[] = [
  ['a.mjs', 'export const one = 1;', /exports one, which has no claims or no check/],
  ['b.mjs', 'let x = ;', /cannot be loaded/],
  ['c.mjs', '', /has no oracle: an oracle in .mjs or .ts is/],
  ...withPython([
    ['d.py', 'def a(view:', /fails \(SyntaxError/],
    ['e.py', 'x = 1', /no oracle/],
  ]),
];

describe(`an oracle of the author's own${noPython === null ? '' : ` (skipped in Python: ${noPython})`}`, () => {
  const soaked = async (file: string) => {
    const oracles = await oraclesIn(file);
    const charm = await openForeignCharm(folderOf('bash'), {
      others: { database: { script: asksAndReads, requests: [{ database: 'ships' }] } },
    });
    try {
      return await soakForeign(charm, { hooks: 60, seed: 1, shrinkSeconds: 0, oracles });
    } finally {
      charm.close();
    }
  };

  it.each(mine)('is asked: %s', { timeout: 120_000 }, async (name, text, oracle) => {
    const file = join(folder({ [name]: text }), name);
    const { failure, oracles } = await soaked(file);
    expect(oracles).toContain(oracle);
    expect(failure?.violated.violations).toContainEqual({
      invariant: oracle,
      what: expect.stringMatching(/^relation \d+ is told hello$/),
    });
    expect(failure?.violated.message).toContain(`${oracle} claims: Nobody is told hello.`);
  });

  it.each(wrong)('says what is wrong with %s', async (name, text, said) => {
    await expect(oraclesIn(join(folder({ [name]: text }), name))).rejects.toThrow(said);
  });
});
