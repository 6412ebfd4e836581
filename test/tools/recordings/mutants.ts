/** Recordings that no real Juju could have made, each with one thing that is wrong. */
import type { RecordedCall, RecordedHook, Scenario } from './recording.ts';

export interface Mutant {
  /** Of which kind the mistake is, and where it is. */
  readonly kind: string;
  readonly where: string;
  /** All scenarios of the run, the wrong one among them. */
  readonly scenarios: readonly Scenario[];
}

/** What may be wrong with one hook of a scenario; null where the mistake has no sense there. */
type Mistake = (hooks: readonly RecordedHook[], at: number) => readonly RecordedHook[] | null;

const change = (
  hooks: readonly RecordedHook[],
  at: number,
  how: (hook: RecordedHook) => RecordedHook | null,
): readonly RecordedHook[] | null => {
  const changed = how(hooks[at] as RecordedHook);
  return changed === null ? null : hooks.with(at, changed);
};

const environment =
  (
    how: (variables: Record<string, string>, hook: RecordedHook) => Record<string, string> | null,
  ): Mistake =>
  (hooks, at) =>
    change(hooks, at, (hook) => {
      const next = how({ ...hook.environment }, hook);
      return next === null ? null : { ...hook, environment: next };
    });

/** The first call of a tool that can be changed so. */
const answer =
  (
    tool: string,
    how: (call: RecordedCall, hook: RecordedHook) => RecordedCall | null,
    nth = 0,
  ): Mistake =>
  (hooks, at) =>
    change(hooks, at, (hook) => {
      const found = hook.calls.flatMap((call, number) => {
        const next = call.tool === tool && call.exit === 0 ? how(call, hook) : null;
        return next === null ? [] : [{ number, next }];
      })[nth];
      return found === undefined
        ? null
        : { ...hook, calls: hook.calls.with(found.number, found.next) };
    });

const json = (call: RecordedCall): unknown => JSON.parse(call.stdout);
const showing = (call: RecordedCall, value: unknown): RecordedCall => ({
  ...call,
  stdout: `${JSON.stringify(value)}\n`,
});

/** Two hooks of one unit change places, the earlier one and the next of its unit. */
const swapped =
  (isSo: (one: RecordedHook, other: RecordedHook) => boolean): Mistake =>
  (hooks, at) => {
    const one = hooks[at] as RecordedHook;
    const next = hooks.findIndex(({ unit }, place) => place > at && unit === one.unit);
    const other = hooks[next];
    if (other === undefined || !isSo(one, other)) return null;
    return hooks.with(at, other).with(next, one);
  };

const kind = ({ hook }: RecordedHook): string => hook.slice(hook.lastIndexOf('-') + 1);
const isSameRelation = (one: RecordedHook, other: RecordedHook): boolean =>
  one.environment.JUJU_RELATION_ID !== undefined &&
  one.environment.JUJU_RELATION_ID === other.environment.JUJU_RELATION_ID;

const isOwn = (call: RecordedCall, { unit }: RecordedHook): boolean =>
  call.argv.at(-1)?.split('/')[0] === unit.split('/')[0];

const text = (call: RecordedCall, hook: RecordedHook, isOurs: boolean): RecordedCall | null => {
  const bag = json(call);
  if (isOwn(call, hook) !== isOurs || typeof bag !== 'object' || bag === null) return null;
  const key = Object.keys(bag).find((one) => !/^(egress|ingress|private)/.test(one));
  return key === undefined ? null : showing(call, { ...bag, [key]: 'something else' });
};

export const mistakes: Readonly<Record<string, Mistake>> = {
  'joined before created': swapped(
    (one, other) => kind(one) === 'created' && isSameRelation(one, other),
  ),
  'changed before joined': swapped(
    (one, other) =>
      kind(one) === 'joined' &&
      kind(other) === 'changed' &&
      isSameRelation(one, other) &&
      one.environment.JUJU_REMOTE_UNIT === other.environment.JUJU_REMOTE_UNIT,
  ),
  'broken before departed': swapped(
    (one, other) =>
      kind(one) === 'departed' && kind(other) === 'broken' && isSameRelation(one, other),
  ),
  'stop before the end': swapped(
    (one, other) => other.hook === 'stop' && /broken|departed/.test(one.hook),
  ),
  'remove before stop': swapped((one) => one.hook === 'stop'),
  'start before config-changed': swapped(
    (one, other) => one.hook === 'config-changed' && other.hook === 'start',
  ),
  'created before install': swapped((one) => one.hook === 'install'),
  'config-changed before leader': swapped(
    (one, other) => /^leader-/.test(one.hook) && other.hook === 'config-changed',
  ),
  'leader before created': swapped(
    (one, other) => one.hook === 'pgb-peers-relation-created' && /^leader-/.test(other.hook),
  ),
  'a relation before start': swapped(
    (one, other) => one.hook === 'start' && /-(joined|changed)$/.test(other.hook),
  ),
  'a hook after stop': (hooks, at) => {
    const hook = hooks[at] as RecordedHook;
    if (hook.hook !== 'stop' && hook.hook !== 'remove') return null;
    const other = hooks.find((one) => one.unit === hook.unit && /changed|departed/.test(one.hook));
    return other === undefined ? null : [...hooks, other];
  },
  'created twice': (hooks, at) =>
    kind(hooks[at] as RecordedHook) === 'created'
      ? hooks.toSpliced(at + 1, 0, hooks[at] as RecordedHook)
      : null,
  'a hook twice': (hooks, at) => {
    const hook = hooks[at] as RecordedHook;
    return /joined|departed|broken|install|^start|elected|secret-remove/.test(hook.hook) &&
      hook.exit === 'exit status 0' &&
      hook.commit?.error == null
      ? hooks.toSpliced(at + 1, 0, hook)
      : null;
  },
  'peers changed for nothing': (hooks, at) => {
    const hook = hooks[at] as RecordedHook;
    const isLast = hooks.findLastIndex(({ unit }) => unit === hook.unit) === at;
    return isLast && /peers-relation-changed/.test(hook.hook) ? [...hooks, hook] : null;
  },
  'joined left out': (hooks, at) =>
    kind(hooks[at] as RecordedHook) === 'joined' ? hooks.toSpliced(at, 1) : null,
  'install left out': (hooks, at) =>
    hooks[at]?.hook === 'install' ? hooks.toSpliced(at, 1) : null,
  'itself departing': environment((all, { unit }) =>
    all.JUJU_DEPARTING_UNIT === undefined || all.JUJU_DEPARTING_UNIT === unit
      ? null
      : { ...all, JUJU_DEPARTING_UNIT: unit },
  ),
  'the other departing': environment((all, { unit }) =>
    all.JUJU_DEPARTING_UNIT === unit
      ? { ...all, JUJU_DEPARTING_UNIT: all.JUJU_REMOTE_UNIT ?? '' }
      : null,
  ),
  'nobody departing': environment(({ JUJU_DEPARTING_UNIT: departing, ...rest }) =>
    departing === undefined ? null : rest,
  ),
  'a stranger departing': environment((all) =>
    all.JUJU_DEPARTING_UNIT === undefined ? null : { ...all, JUJU_DEPARTING_UNIT: 'stranger/0' },
  ),
  'a unit in broken': environment((all, { hook }) =>
    /broken|created/.test(hook)
      ? { ...all, JUJU_REMOTE_UNIT: `${all.JUJU_REMOTE_APP || 'app'}/0` }
      : null,
  ),
  'no unit in joined': environment((all, { hook }) =>
    /joined|departed/.test(hook) ? { ...all, JUJU_REMOTE_UNIT: '' } : null,
  ),
  'no variable for the unit': environment(({ JUJU_REMOTE_UNIT: unit, ...rest }) =>
    unit === '' ? rest : null,
  ),
  'no revision': environment(({ JUJU_SECRET_REVISION: revision, ...rest }) =>
    revision === undefined ? null : rest,
  ),
  'a revision to come': environment((all) =>
    all.JUJU_SECRET_REVISION === undefined ? null : { ...all, JUJU_SECRET_REVISION: '99' },
  ),
  'a revision in changed': environment((all, { hook }) =>
    hook === 'secret-changed' ? { ...all, JUJU_SECRET_REVISION: '1' } : null,
  ),
  'another secret': environment((all) =>
    all.JUJU_SECRET_ID === undefined
      ? null
      : { ...all, JUJU_SECRET_ID: 'secret:c0000000000000000099' },
  ),
  'another label': environment((all) =>
    all.JUJU_SECRET_LABEL === undefined ? null : { ...all, JUJU_SECRET_LABEL: 'another' },
  ),
  'another endpoint': environment((all) =>
    all.JUJU_RELATION_ID === undefined
      ? null
      : { ...all, JUJU_RELATION_ID: all.JUJU_RELATION_ID.replace(/^.*:/, 'elsewhere:') },
  ),
  'another relation': environment((all) =>
    all.JUJU_RELATION_ID === undefined
      ? null
      : { ...all, JUJU_RELATION_ID: all.JUJU_RELATION_ID.replace(/:.*$/, ':77') },
  ),
  'another application': environment((all) =>
    all.JUJU_REMOTE_APP ? { ...all, JUJU_REMOTE_APP: 'stranger' } : null,
  ),
  'another hook name': environment((all) => ({ ...all, JUJU_HOOK_NAME: 'upgrade-charm' })),
  'another dispatch path': environment((all) => ({
    ...all,
    JUJU_DISPATCH_PATH: 'hooks/upgrade-charm',
  })),
  'another unit name': environment((all) => ({ ...all, JUJU_UNIT_NAME: 'stranger/0' })),
  'own databag otherwise': answer('relation-get', (call, hook) => text(call, hook, true)),
  'remote databag otherwise': answer('relation-get', (call, hook) => text(call, hook, false)),
  'a databag empty': answer('relation-get', (call) =>
    Object.keys((json(call) as object | null) ?? {}).length === 0 ? null : showing(call, {}),
  ),
  'relation-ids too many': answer('relation-ids', (call) =>
    showing(call, [...(json(call) as string[]), 'database:99'].sort()),
  ),
  'relation-ids too few': answer('relation-ids', (call) =>
    (json(call) as string[]).length === 0 ? null : showing(call, (json(call) as string[]).slice(1)),
  ),
  'relation-list too many': answer('relation-list', (call) =>
    Array.isArray(json(call)) ? showing(call, [...(json(call) as string[]), 'pgbouncer/9']) : null,
  ),
  'relation-list too few': answer('relation-list', (call) =>
    Array.isArray(json(call)) && (json(call) as string[]).length > 0
      ? showing(call, (json(call) as string[]).slice(1))
      : null,
  ),
  'two leaders': answer('is-leader', (call) => (json(call) === false ? showing(call, true) : null)),
  'no leader': answer('is-leader', (call) => (json(call) === true ? showing(call, false) : null)),
  'state otherwise': answer('state-get', (call) => {
    const state = json(call);
    return typeof state === 'object' && state !== null
      ? showing(call, { ...state, known: 'nothing' })
      : null;
  }),
  'goal-state without a unit': answer('goal-state', (call) => {
    const { units, ...rest } = json(call) as { units: Record<string, unknown> };
    const [, ...others] = Object.entries(units);
    return others.length === 0
      ? null
      : showing(call, { units: Object.fromEntries(others), ...rest });
  }),
  'goal-state with a stranger': answer('goal-state', (call) => {
    const { units, ...rest } = json(call) as { units: Record<string, unknown> };
    return showing(call, {
      units: { ...units, 'pgbouncer/9': { status: 'active', since: 'TIMESTAMP' } },
      ...rest,
    });
  }),
  'secret otherwise': answer('secret-get', (call) => {
    const content = json(call) as Record<string, string>;
    return content.password === undefined
      ? null
      : showing(call, { ...content, password: 'another' });
  }),
  'no relation': answer('relation-get', (call) => ({
    ...call,
    exit: 2,
    stdout: '',
    stderr: `ERROR invalid value "${call.argv[call.argv.indexOf('-r') + 1]}" for option -r: relation not found\n`,
  })),
  'an error': answer('relation-get', (call) => ({
    ...call,
    exit: 1,
    stdout: '',
    stderr: 'ERROR permission denied\n',
  })),
  'another exit code': (hooks, at) =>
    change(hooks, at, (hook) => {
      const number = hook.calls.findIndex(({ exit }) => exit !== 0);
      const call = hook.calls[number];
      return call === undefined
        ? null
        : { ...hook, calls: hook.calls.with(number, { ...call, exit: 3 - call.exit }) };
    }),
  'another error': (hooks, at) =>
    change(hooks, at, (hook) => {
      const number = hook.calls.findIndex(({ exit }) => exit !== 0);
      const call = hook.calls[number];
      return call === undefined
        ? null
        : { ...hook, calls: hook.calls.with(number, { ...call, stderr: 'ERROR no such thing\n' }) };
    }),
  'other changes': (hooks, at) =>
    change(hooks, at, (hook) =>
      hook.commit?.error === null
        ? { ...hook, commit: { changes: [...hook.commit.changes, 'storage'], error: null } }
        : null,
    ),
  'a refusal': (hooks, at) =>
    change(hooks, at, (hook) =>
      hook.commit?.error === null
        ? { ...hook, commit: { ...hook.commit, error: 'creating secrets: no' } }
        : null,
    ),
  'no refusal': (hooks, at) =>
    change(hooks, at, (hook) =>
      hook.commit?.error?.startsWith('creating')
        ? { ...hook, commit: { ...hook.commit, error: null } }
        : null,
    ),
};

/** Every mistake at every place where it can be made. */
export function* mutantsOf(
  scenarios: readonly Scenario[],
  chosen = Object.keys(mistakes),
): Generator<Mutant> {
  for (const name of chosen)
    for (const [number, scenario] of scenarios.entries()) {
      const run = scenarios.filter((one) => one.run === scenario.run);
      for (const at of scenario.hooks.keys()) {
        const hooks = mistakes[name]?.(scenario.hooks, at) ?? null;
        if (hooks === null) continue;
        const wrong = { ...scenario, hooks: [...hooks] };
        yield {
          kind: name,
          where: `${scenario.scenario} ${at} ${scenario.hooks[at]?.unit} ${scenario.hooks[at]?.hook}`,
          scenarios: run.map((one) => (one === scenarios[number] ? wrong : one)),
        };
      }
    }
}
