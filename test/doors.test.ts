/**
 * What each public function says to who has no compiler: an argument that it cannot work on is told
 * by name, as a `HookMisuse` or a `Misuse`, before anything is done. Nothing loops, nothing breaks
 * somewhere inside, and what is needed is not passed over.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as machines from '../machines/index.ts';
import * as chart from '../src/chart/index.ts';
import * as kit from '../src/index.ts';
import * as inspect from '../src/inspector/index.ts';
import * as juju from '../src/juju/index.ts';
import * as pgbouncer from '../src/pgbouncer/index.ts';
import * as pgbouncerTesting from '../src/pgbouncer/testing/index.ts';
import * as testing from '../src/testing/index.ts';
import { changed, lighthouse, ships } from './juju/ships.ts';
import { lighthouseThat } from './testing/lighthouse.ts';

const machine = machines.databaseRelationDeparted;
const [state] = kit.begin(machine, { relation: 4 });
const simulated = lighthouseThat(true);
const topology = { units: 1, requirers: { fleet: { units: 1, request: { light: 'please' } } } };
const world = testing.worldOf(simulated, topology);
const action = { _tag: 'Relate', application: 'fleet' } as const;
const stepped = await testing.step(simulated, world, action);
const violated = new testing.Violated(simulated, [], [], []);
const bounds = testing.defaultBounds(simulated);
const history = { bounds, served: 0, actions: [], chosen: [] };
const recording = inspect.emptyRecording('a test');
const sequence = inspect.sequenceOf(recording, 4);
const note = { _tag: 'Note', kind: 'action', text: '', ok: true, at: 0 } as const;
const recorder = new inspect.Recorder(() => {});
const drawing = chart.chartOf(machine);
const { juju: model, lamp } = lighthouse({});
const view = testing.viewOf(stepped.world, 'lighthouse/0', { name: 'install' });
const tools = new testing.HookTools(view);
const variables = {};
const later = async () => ({});
const attempt = async () => ({ _tag: 'Right' as const, right: 1 });
const failure = { _tag: 'Fog', class: 'unavailable', why: 'no sight' } as const;
const files = { program: '/p', iniFile: '/i', user: 'u', openFiles: 9 };
const environment = {
  ...{ event: 'start', unit: 'l/0', application: 'l', number: 0, charmFolder: '/charm' },
  ...{ model: { name: 'm', uuid: 'u' }, version: [3, 6], machine: '0' },
  ...{ relation: null, departingUnit: null, secret: null },
};
const postgres = new pgbouncer.MemoryPostgres();

/** Arguments that would do, and how many of them are tried: all, where there is no number. */
type Sample = readonly [args: readonly unknown[], needed?: number];

const ofCharm: Readonly<Record<string, Sample>> = {
  charmOf: [[{ ...ships }]],
  defineCharm: [[{ ...ships }]],
  dispatch: [[ships, { juju: model.hook('l/0'), lamp }]],
  handlers: [[ships.perform]],
  render: [[failure]],
  statusOf: [[{ charts: [] }]],
};

const ofVocabulary: Readonly<Record<string, Sample>> = {
  ask: [['Is it?', () => ({ _tag: 'Leader' }), { yes: 'rtn' }]],
  asks: [[() => ({ _tag: 'Leader' })]],
  chart: [['dusk', { rtn: machines.returns }], 2],
  order: [['Do it', () => ({ _tag: 'Do' }), 'rtn']],
  question: [['Is it?']],
  step: [['Do it']],
  terminal: [['It begins']],
};

/** By door and name; what is not here is not called, and a test says so. */
const samples: Readonly<Record<string, Readonly<Record<string, Sample>>>> = {
  hookchart: {
    ...ofCharm,
    advance: [[machine, state, { label: 'done' }]],
    attempt: [[later]],
    begin: [[machine, { relation: 4 }], 1],
    drive: [[ships, { lamp }], 1],
    halt: [[failure]],
    nodesOf: [[machine]],
    pending: [[machine, state]],
    plan: [[machine, { relation: 4 }, { is_departing: 'no' }], 1],
    // Null is the event before a hook has begun.
    relationOf: [[{ relation: 4 }], 0],
    restore: [[machine, JSON.stringify(state), pgbouncer.stateSchemas]],
    resume: [[ships, { lamp }], 1],
    shapeAt: [[machine, state]],
    take: [[attempt]],
    vocabulary: [[{ learned: {} }]],
  },
  'hookchart/juju': {
    ...ofCharm,
    MemoryJuju: [[{ application: 'l', units: [], leader: null, endpoint: () => null }]],
    act: [[ships, {}, { juju: model.hook('l/0'), lamp }]],
    refuseAction: [['not now']],
    dispatchCharm: [[{ charm: ships }, variables, { out: () => {}, error: () => {} }]],
    juju: [[environment, variables, attempt, {}]],
    parseEnvironment: [[variables]],
    renderEnvironment: [[{ variable: 'JUJU_UNIT_NAME', why: 'is missing' }]],
  },
  'hookchart/machines': { ...ofVocabulary, relationOfContext: [[state.context]] },
  'hookchart/chart': {
    chartOf: [[machine]],
    chartsIn: [['a.mmd', 'flowchart TD']],
    compare: [[drawing, machine]],
    describe: [[{ _tag: 'NodeMissing', from: 'chart', node: 'rtn' }]],
    dot: [[drawing, 'departed']],
    layout: [[drawing]],
    parse: [['flowchart TD']],
    print: [[drawing]],
    svg: [[chart.layout(drawing), 'departed']],
  },
  'hookchart/testing': {
    HookTools: [[view]],
    Simulation: [[simulated, topology]],
    Violated: [[simulated, [], [], []], 3],
    actionsOf: [[simulated, world, 'hook']],
    cases: [[later, {}]],
    checkBounds: [[simulated, bounds]],
    defaultBounds: [[simulated]],
    done: [[attempt]],
    dueHooks: [[world]],
    dueSecrets: [[world, 'lighthouse']],
    eventOf: [[{ name: 'start' }]],
    explore: [[simulated, { ...bounds, relations: 0, operations: 0, crashes: 0 }, 0]],
    histories: [[fc, simulated]],
    historiesHold: [[fc, simulated]],
    hooksOf: [[world, 'lighthouse/0']],
    jujuConformance: [[later]],
    kindsOf: [[simulated]],
    loadCharm: [[new URL('testing/lighthouse.ts', import.meta.url).href]],
    parseReplay: [[simulated, JSON.stringify(history)]],
    randomHistory: [[simulated, 1, { steps: 1 }], 2],
    refused: [[async () => ({ _tag: 'Left', left: failure }), 'Fog', 'unavailable'], 2],
    replay: [[simulated, history]],
    rest: [[simulated, world]],
    shortest: [[simulated, topology, violated]],
    simulatedCharm: [[{ ...simulated, charm: ships }]],
    simulatedJuju: [[tools]],
    soak: [[simulated, { hooks: 1, seed: 1 }]],
    step: [[simulated, world, action]],
    shortStory: [[['it runs install'], true], 1],
    tell: [[simulated, action]],
    topologies: [[fc, simulated]],
    unitsOf: [[world, 'lighthouse'], 1],
    verify: [['a module', bounds, { threads: 1 }]],
    viewOf: [[world, 'lighthouse/0', { name: 'install' }]],
    violationsAtRest: [[simulated.invariants, world]],
    violationsOf: [[simulated.invariants, world, action, stepped]],
    worldOf: [[simulated, topology]],
  },
  'hookchart/pgbouncer': {
    MemoryIdentity: [['p/0', ['h']]],
    MemoryPgbouncer: [[postgres]],
    MemoryPostgres: [[pgbouncer.emptyPostgres], 0],
    memoryAuthority: [['a CA']],
    childProcess: [[{ ...files, pidFile: '/f', logFile: '/l' }]],
    pebble: [[{ ...files, socket: '/s', service: 'pgbouncer' }]],
    pgbouncer: [[{ processes: [], clients: { host: 'h', port: 1 } }]],
    pgbouncerCharm: [[{}], 0],
    postgres: [[{ host: 'h', port: 1, owner: 'o', user: 'u', password: { secret: 's' } }]],
    prepare: [[{ consoles: [], settings: {} }, pgbouncer.emptyConfiguration], 1],
    render: [[failure]],
    seededEntropy: [[1]],
    systemd: [[{ ...files, service: 'pgbouncer' }]],
  },
  'hookchart/pgbouncer/testing': {
    backendConformance: [[later]],
    databags: [[fc]],
    entropyConformance: [[later]],
    identityConformance: [[later]],
    poolerConformance: [[later]],
    requests: [[fc]],
    topologies: [[fc]],
  },
  'hookchart/inspect': {
    Collector: [[recording], 0],
    Recorder: [[() => {}]],
    definitionOf: [[machine]],
    feedOf: [[recording]],
    mermaidOf: [[sequence]],
    openHub: [[recording]],
    parseRecording: [[JSON.stringify(recording)]],
    recordReplay: [[simulated, history]],
    recordedCharm: [[recorder, simulated]],
    recordingPage: [[recording]],
    relationsIn: [[recording]],
    sequenceOf: [[recording, 4]],
    socketFeed: [['no address', () => {}]],
    tellEntry: [[note, recording]],
    traced: [
      [
        { url: 'http://127.0.0.1:1', resource: {}, hook: { name: 'x' }, tell: () => {} },
        async () => ({ _tag: 'Right', right: null }),
      ],
    ],
  },
};

const doors: Readonly<Record<string, object>> = {
  ...{ hookchart: kit, 'hookchart/juju': juju, 'hookchart/machines': machines },
  ...{ 'hookchart/chart': chart, 'hookchart/testing': testing, 'hookchart/inspect': inspect },
  ...{ 'hookchart/pgbouncer': pgbouncer, 'hookchart/pgbouncer/testing': pgbouncerTesting },
};

/** Functions that make something of whatever they are given, and say so by what they give. */
const total: Readonly<Record<string, readonly string[]>> = {
  hookchart: ['HookMisuse', 'isEnd', 'mask'],
  'hookchart/machines': ['about', 'aboutGrant'],
  'hookchart/testing': [
    ...['Misuse', 'ToolError', 'charmOfReplay', 'isHook', 'isOperation', 'isPeer', 'runnerOf'],
  ],
  'hookchart/inspect': ['emptyRecording'],
};

/** What may stand in the place of anything. */
const wrong = [undefined, null, 5, 'x', true, [], {}, () => 5] as const;

/** What comes of a call: functions that it gives are called in turn, promises are waited for. */
async function outcome(call: () => unknown): Promise<unknown> {
  let value = await call();
  for (let depth = 0; depth < 3 && typeof value === 'function'; depth++) value = await value({});
  return value;
}

function called(door: string, name: string, args: readonly unknown[]): unknown {
  const one: unknown = Reflect.get(doors[door] ?? {}, name);
  if (typeof one !== 'function') throw new Error(`${door} has no function ${name}`);
  return /^class /.test(Function.prototype.toString.call(one))
    ? Reflect.construct(one, args)
    : Reflect.apply(one, undefined, args);
}

/** Null where it was taken; an error that has no name of its own fails the test. */
async function refusal(
  door: string,
  name: string,
  args: readonly unknown[],
): Promise<string | null> {
  try {
    const given = await outcome(() => called(door, name, args));
    const isLeft =
      typeof given === 'object' && given !== null && Reflect.get(given, '_tag') === 'Left';
    return isLeft ? 'a left' : null;
  } catch (error) {
    // What these are for is to throw.
    if (name === 'halt' && args[0] === failure) return null;
    if (name === 'refuseAction' && error instanceof Error && error.message === 'ActionRefused')
      return null;
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    expect(said, `${name}(${args.map(String)})`).toMatch(
      /^(HookMisuse|Misuse|ToolError|AssertionError): ./,
    );
    return said;
  }
}

const cases = Object.entries(samples).flatMap(([door, functions]) =>
  Object.entries(functions).map(([name, sample]) => [door, name, sample] as const),
);

describe('the doors of the package', () => {
  it('have no function that is not tried here', () => {
    for (const [door, exported] of Object.entries(doors)) {
      const functions = Object.entries(exported).flatMap(([name, one]) =>
        typeof one === 'function' ? [name] : [],
      );
      const tried = [...Object.keys(samples[door] ?? {}), ...(total[door] ?? [])];
      expect(tried.sort(), door).toEqual(functions.sort());
    }
  });

  it.each(cases)('%s: %s refuses by name what it cannot work on', async (door, name, sample) => {
    const [args, needed = args.length] = sample;
    for (let at = 0; at < needed; at++)
      for (const one of wrong) {
        const said = await refusal(door, name, args.with(at, one));
        if (one == null) expect(said, `argument ${at} is ${one}`).not.toBeNull();
      }
    if (needed > 0) expect(await refusal(door, name, [])).not.toBeNull();
  });

  const written = ['defineCharm', 'charmOf', 'simulatedCharm', 'vocabulary', 'MemoryJuju'];
  it.each(cases.filter(([, name]) => written.includes(name)))(
    '%s: %s refuses by name a part that is wrong',
    async (door, name, [[whole]]) => {
      const parts = Object.entries(whole ?? {});
      expect(parts).not.toEqual([]);
      for (const [part] of parts)
        for (const one of wrong)
          await refusal(door, name, [{ ...Object.fromEntries(parts), [part]: one }]);
    },
  );
});

describe('what is made at the doors', () => {
  const { hook, nothingLearned, onFailure, returns, fails } = kit.vocabulary({ learned: {} });
  const run = kit.dispatch(ships, { juju: model.hook('l/0'), lamp });
  const drive = kit.drive({ machines: ships.machines, perform: JSON.parse('{}') }, {});
  const config = {
    ...{ id: 'dusk', context: nothingLearned, initial: 'hook_fired', on: onFailure },
    states: { hook_fired: {}, rtn: returns, failed: fails },
  };
  it.each<readonly [string, (one: unknown) => unknown]>([
    ['createMachine', (one) => Reflect.apply(hook.createMachine, hook, [one])],
    ...Object.keys(config).map(
      (part) =>
        [
          `createMachine with ${part}`,
          (one: unknown) => Reflect.apply(hook.createMachine, hook, [{ ...config, [part]: one }]),
        ] as const,
    ),
    ['the event of dispatch', (one) => Reflect.apply(run, null, [one])],
    ['the hook of drive', (one) => Reflect.apply(drive, null, [one, changed(0)])],
    ['the port of Juju', (one) => kit.dispatch(ships, { juju: one, lamp } as never)],
  ])('%s is refused by name', async (_, call) => {
    for (const one of wrong)
      await expect(outcome(() => call(one))).rejects.toMatchObject({ name: 'HookMisuse' });
  });
});

describe("what an author's functions give back", () => {
  const { chart: charted, order, ask, returns } = kit.vocabulary({ learned: { oil: null } });
  const dusk = charted('dusk', {
    dark: ask('Is it dark?', 'Dark', { no: 'rtn', yes: 'light' }),
    light: order('Light the lamp', 'Light', 'rtn'),
    rtn: returns,
  });
  const base = {
    ...{ name: 'dusk', machines: { dusk }, events: { start: 'dusk' }, learned: ships.learned },
    perform: { Dark: () => true, Light: () => {} },
  };
  /** A charm with other parts than the compiler would take, through one hook of a unit that leads. */
  const runWith = async (parts: object, hook: object = { hook: 'start' }, port: object = {}) => {
    const one = new juju.MemoryJuju({
      ...{ application: 'l', units: ['l/0'], leader: 'l/0', endpoint: () => null },
    });
    one.request(4, {}, 'light');
    const made = kit.defineCharm({ ...base, ...parts } as never);
    const ran = await kit.dispatch(made, { juju: { ...one.hook('l/0'), ...port } })(
      hook as never,
    )();
    return [ran, one] as const;
  };
  const misuse = (said: RegExp) => ({
    name: 'HookMisuse',
    message: expect.stringMatching(said),
  });

  it.each<readonly [string, unknown]>([
    ...wrong.filter((one) => one != null && one !== 'x').map((one) => [typeof one, one] as const),
    ['false', false],
    ['a promise', Promise.resolve('dusk')],
    ['a name in a list', ['dusk']],
    ['a machine', dusk],
  ])('events that give %s for a chart are refused by name', async (_, one) => {
    const said = misuse(/^dusk: its events give .* for start: give the name of a machine/);
    await expect(runWith({ events: () => one })).rejects.toMatchObject(said);
    await expect(runWith({ events: { start: one } })).rejects.toMatchObject(said);
  });

  it('events that give null or nothing lead to no chart', async () => {
    for (const none of [null, undefined])
      expect(await runWith({ events: () => none })).toMatchObject([{ right: { charts: [] } }, {}]);
    await expect(runWith({ events: { start: null } })).rejects.toMatchObject(misuse(/give null/));
  });

  it.each<readonly [string, unknown, RegExp]>([
    ['a word', 'active', /and gave a text$/],
    ['nothing', undefined, /and gave nothing$/],
    ['no name', { message: '' }, /a record with nothing as its name and a text as its message$/],
    ['no message', { name: 'active' }, /a text as its name and nothing as its message$/],
    ['a name that is none', { name: 'Waitin', message: '' }, /"Waitin", .*: say "waiting"$/],
  ])('a status that is %s is refused, and nothing was committed', async (_, status, said) => {
    const seen: unknown[] = [];
    const commit = (changes: unknown) => async () => seen.push(changes);
    for (const given of [status, Promise.resolve(status)])
      await expect(
        runWith({ status: () => given }, { hook: 'start' }, { commit }),
      ).rejects.toMatchObject(misuse(said));
    expect(seen).toEqual([]);
  });

  it('a charm without a status is refused where it is made, and where it is run', () => {
    const { status: _, ...rest } = ships;
    const said = /to be a function, and got nothing/;
    expect(() => kit.charmOf(rest as never)).toThrow(said);
    expect(() => kit.dispatch(rest as never, { juju: model.hook('l/0'), lamp })).toThrow(said);
  });

  type Handler = (ports: { readonly juju: kit.Unit }) => unknown;
  /** A charm whose question is answered by that handler. */
  const handling = (handler: Handler, hook?: object, port?: object) =>
    runWith({ perform: { ...base.perform, Dark: handler } }, hook, port);

  it.each<readonly [string, unknown, RegExp]>([
    ['a number', 5, /^dusk: what carries out Dark gave a number: give nothing, true or false/],
    ['null', null, /gave null/],
    ['a list', ['yes'], /gave a list/],
    ['a function', () => 'yes', /gave a function/],
    ['no label', {}, /^dusk: dark: an answer is { label }/],
    ['no number to learn', { label: 'yes', learned: 5 }, /^dusk: dark: .* teaches a number: give/],
    ['null to learn', { label: 'yes', learned: null }, /teaches null/],
    ['a list to learn', { label: 'yes', learned: [] }, /teaches a list/],
  ])('an answer that is %s is refused by name', async (_, answer, said) => {
    for (const one of [answer, Promise.resolve(answer)])
      await expect(handling(() => one)).rejects.toMatchObject(misuse(said));
  });

  const bad = <Value>(value: unknown): Value => value as Value;
  it.each<readonly [string, Handler, RegExp]>([
    ['publish of a number', ({ juju }) => juju.publish(4, bad(5)), /^juju.publish: .* a number/],
    ['publish of nothing', ({ juju }) => juju.publish(4, bad(undefined)), /values to be a record/],
    [
      'publish of a port',
      ({ juju }) => juju.publish(4, bad({ port: 80 })),
      /^juju.publish: it holds texts, and got a number for "port"/,
    ],
    [
      'publish to no number',
      ({ juju }) => juju.publish(bad('4'), {}),
      /^juju.publish: .* OwnApp where relation is a text/,
    ],
    [
      'write to an unknown databag',
      ({ juju }) => juju.write(bad({ _tag: 'OwnAp', relation: 4 }), {}),
      /^juju.write: .*"OwnAp": say "OwnApp"/,
    ],
    ['write to none', ({ juju }) => juju.write(bad(null), {}), /^juju.write: .* got null/],
    ['overwrite of 5', ({ juju }) => juju.overwrite({ _tag: 'PeerApp' }, bad(5)), /a number/],
    [
      'read of an unknown databag',
      ({ juju }) => juju.read(bad({ _tag: 'PeersApp' })),
      /^juju.read: .*"PeersApp": say "PeerApp"/,
    ],
    ['read of nothing', ({ juju }) => juju.read(bad(undefined)), /^juju.read: .* got nothing/],
    [
      'read of a unit without a name',
      ({ juju }) => juju.read(bad({ _tag: 'PeerUnit' })),
      /PeerUnit where unit is nothing/,
    ],
    ['remote of a text', ({ juju }) => juju.remote(bad('4')), /RemoteApp where relation is a text/],
    ['readAll of one', ({ juju }) => juju.readAll(bad({ _tag: 'PeerApp' })), /be a list/],
    [
      'remember of a number',
      ({ juju }) => juju.remember(bad({ n: 5 })),
      /^juju.remember: it holds texts, and got a number for "n"/,
    ],
    ['remember of nothing', ({ juju }) => juju.remember(bad(undefined)), /values to be a record/],
    ...['deferred', 'deferred-1', 'refused', 'known', 'applications-0', 'tracing'].map(
      (key): readonly [string, Handler, RegExp] => [
        `remember of "${key}"`,
        ({ juju }) => juju.remember({ [key]: 'x' }),
        new RegExp(`^juju.remember: "${key}" is a key under which hookchart keeps something`),
      ],
    ),
  ])('%s is refused by name', async (_, handler, said) => {
    const answering: Handler = async (ports) => {
      await handler(ports);
      return true;
    };
    await expect(handling(answering)).rejects.toMatchObject(misuse(said));
  });

  it('what a charm may say is written, and what the kit keeps is kept', async () => {
    const [ran, one] = await handling(({ juju }) => {
      juju.remember({ defer: 'x', refusal: 'y' });
      juju.publish(4, { port: '80' });
      return kit.halt({ _tag: 'Fog', class: 'refused', why: 'no sight' } as never);
    });
    expect(ran).toMatchObject({ right: { charts: [{ end: { _tag: 'Refused' } }] } });
    const state = await one.hook('l/0').state();
    expect(state).toMatchObject({
      right: { defer: 'x', refusal: 'y', refused: expect.stringContaining('no sight') },
    });
  });

  it.each<readonly [string, unknown, RegExp]>([
    ['too few databags', [], /^juju.read: its port gives 0 of them/],
    ['nothing', undefined, /^juju.read: its port gives nothing/],
    ['no outcome', [{ url: 'x' }], /no Either/],
    ['no databag', [{ _tag: 'Right', right: null }], /a databag to be a record, and got null/],
  ])('a port whose read gives %s is told by name', async (_, found, said) => {
    const read = () => async () => found;
    const readers: readonly Handler[] = [
      async ({ juju }) => typeof (await juju.remote(4)) === 'object',
      async ({ juju }) => (await juju.readAll([{ _tag: 'OwnApp', relation: 4 }])).length > 0,
    ];
    for (const reader of readers)
      await expect(handling(reader, undefined, { read })).rejects.toMatchObject(misuse(said));
  });

  it.each<readonly [string, object, RegExp]>([
    ['relation', { relation: '4' }, /the relation of the event to be a number, and got a text/],
    ['remoteUnit', { remoteUnit: 0 }, /the remoteUnit of the event to be a text/],
    ['departingUnit', { departingUnit: {} }, /the departingUnit of the event to be a text/],
    ['secretLabel', { secretLabel: null }, /the secretLabel of the event to be a text/],
  ])('an event whose %s is of another kind is refused', async (_, part, said) => {
    await expect(runWith({}, { hook: 'start', ...part })).rejects.toMatchObject(misuse(said));
  });

  it.each([0, -1, Number.NaN])('a soak of %d hooks is refused', async (hooks) => {
    await expect(testing.soak(simulated, { hooks, seed: 1 })).rejects.toThrow(
      'nothing would be tried',
    );
  });

  it('a unit that MemoryJuju has not has no hook', () => {
    expect(() => model.hook('nope/0')).toThrow('it has no unit "nope/0": say "l/0" or "l/1"');
  });

  it.each<readonly [string, object, RegExp]>([
    [
      'an event with no schema',
      { event: { of: () => ({}), schema: {} } },
      /^dusk: event.schema is a record that follows no Standard Schema/,
    ],
    ['an event with none', { event: { of: () => ({}) } }, /event.schema is nothing that follows/],
    ['a learned that is no schema', { learned: {} }, /^dusk: learned is a record that follows no/],
    ['machines that are none', { machines: () => ({}) }, /^dusk: it has no machines/],
    ['no function', { perform: { ...base.perform, Dark: 5 } }, /^dusk: perform.Dark is a number/],
    [
      'none for what nobody asks yet',
      { perform: { ...base.perform, Later: null } },
      /^dusk: perform.Later is null: give it the function/,
    ],
  ])('a charm with %s is refused where it is made', (_, parts, said) => {
    const thrown = () => kit.defineCharm({ ...base, ...parts } as never);
    expect(thrown).toThrow(kit.HookMisuse);
    expect(thrown).toThrow(said);
  });

  it('a charm may bring a schema that is a function', async () => {
    const learned = Object.assign(() => {}, { '~standard': ships.learned['~standard'] });
    expect(await runWith({ learned })).toMatchObject([{ _tag: 'Right' }, {}]);
  });

  it.each([undefined, null, 5, [[]]])('a state that has learned %j is of no machine', (learned) => {
    const [begun] = kit.begin(dusk, {});
    const foreign = { ...begun, context: { ...begun.context, learned } } as never;
    const refused = expect.objectContaining({ name: 'HookMisuse', kind: 'StateForeign' });
    const calls: readonly (() => unknown)[] = [
      () => kit.advance(dusk, foreign, { label: 'yes' }),
      () => kit.pending(dusk, foreign),
      () => kit.shapeAt(dusk, foreign),
    ];
    for (const call of calls) expect(call).toThrow(refused);
  });

  it('a state without what was learned is not resumed', async () => {
    const [begun] = kit.begin(dusk, {});
    const foreign = { ...begun, context: { event: {}, failure: null } } as never;
    await expect(kit.resume(base, {})(foreign)()).rejects.toMatchObject({ kind: 'StateForeign' });
  });

  it.each([null, 5, 'x', [[]], { watch: 5 }, { clock: 'now' }, { keep: {} }])(
    'the options %j are refused by name',
    (options) => {
      const said = /to be a (record|function), and got /;
      const one = options as never;
      expect(() => kit.drive(base, {}, one)).toThrow(said);
      expect(() => kit.resume(base, {}, one)).toThrow(said);
      expect(() => kit.dispatch(ships, { juju: model.hook('l/0'), lamp }, one)).toThrow(said);
    },
  );

  it.each([{ clock: 5 }, { deadline: 'soon' }])('a world with %j is refused', (part) => {
    const of = { juju: model.hook('l/0'), lamp, ...part } as never;
    expect(() => kit.dispatch(ships, of)).toThrow(/^dispatch: it wants the (clock|deadline) to be/);
  });

  it('nothing masks what holds itself', async () => {
    const round: { self?: unknown } = {};
    round.self = [round];
    const said = misuse(/^mask: .* holds itself/);
    expect(() => kit.mask(round)).toThrow(expect.objectContaining(said));
    await expect(handling(() => ({ label: 'yes', learned: { oil: round } }))).rejects.toMatchObject(
      said,
    );
  });

  it.each([null, 5, 'x', [[]]])('a recorder with the options %j is refused', (options) => {
    expect(() => new inspect.Recorder(() => {}, options as never)).toThrow(
      /^Recorder: it wants its options to be a record/,
    );
  });
});

describe('what a simulated charm gives back', () => {
  const hook = testing.hooksOf(world, 'lighthouse/0')[0];
  const opening = (open: () => unknown) =>
    testing.step({ ...simulated, outside: { ...simulated.outside, open } } as never, world, {
      _tag: 'RunHook',
      unit: 'lighthouse/0',
      hook,
    } as never);
  const ports = { lamp: { burns: () => true, light: () => true } };

  it.each<readonly [string, unknown, RegExp]>([
    ['nothing', undefined, /outside.open: .* and got nothing/],
    ['no ports', { state: () => ({}) }, /ports of what it gives to be a record, and got nothing/],
    ['no state', { ports }, /state of what it gives to be a function, and got nothing/],
    ['a state that is none', { ports, state: () => undefined }, /wants to be { shared, own }/],
    ['half a state', { ports, state: () => ({ shared: {} }) }, /wants to be { shared, own }/],
  ])('an outside that opens with %s is told by name', async (_, opened, said) => {
    await expect(opening(() => opened)).rejects.toMatchObject({
      name: 'Misuse',
      message: expect.stringMatching(said),
    });
  });

  it.each([{}, { hook: null }, { hook: {} }, { hook: { name: 'start' }, unit: 5 }])(
    'a RunHook with %j is refused by name',
    async (part) => {
      const run = { _tag: 'RunHook', unit: 'lighthouse/0', ...part } as never;
      await expect(testing.step(simulated, world, run)).rejects.toMatchObject({
        name: 'Misuse',
        message: expect.stringMatching(/^step: it wants (hook|unit|name) of the /),
      });
    },
  );
});

describe('invariants', () => {
  const claim = { name: 'Lit', claims: 'The lamp burns.' };
  const with_ = (parts: object) =>
    testing.simulatedCharm({ ...simulated, charm: ships, ...parts } as never);

  it.each<readonly [object, RegExp]>([
    [{ atrest: () => [] }, /invariants\[0\] has "atrest", .*: say "atRest"/],
    [{ allways: () => [], atRest: () => [] }, /has "allways", .*: say "always"/],
    [{}, /checks nothing: give it "always" or "across" or "atRest"/],
    [{ always: true }, /always of invariants\[0\] to be a function, and got a boolean/],
  ])('that have %o are refused', (parts, said) => {
    expect(() => with_({ invariants: [{ ...claim, ...parts }] })).toThrow(said);
    const rest = said.source.replace('invariants\\[0\\]', 'comesToRest');
    expect(() => with_({ comesToRest: { ...claim, ...parts } })).toThrow(new RegExp(rest));
  });

  it.each<readonly [string, unknown]>([
    ['false', false],
    ['nothing', undefined],
    ['null', null],
    ['a text', 'the lamp is dark'],
    ['a promise', Promise.resolve([])],
    ['a list of something else', [false]],
  ])('whose checks give %s are told by name', (kind, one) => {
    const gives = (): never => one as never;
    const misuse = (check: string) => ({
      name: 'Misuse',
      message: expect.stringMatching(`^Lit: ${check} gave .*: give a list of sentences at once`),
    });
    const thrown = (call: () => unknown): unknown => {
      try {
        return call();
      } catch (error) {
        return error;
      }
    };
    const { violationsOf, violationsAtRest } = testing;
    for (const check of ['always', 'across'])
      expect(
        thrown(() => violationsOf([{ ...claim, [check]: gives }], world, action, stepped)),
        kind,
      ).toMatchObject(misuse(check));
    for (const check of ['always', 'atRest'])
      expect(thrown(() => violationsAtRest([{ ...claim, [check]: gives }], world))).toMatchObject(
        misuse(check),
      );
  });
});
