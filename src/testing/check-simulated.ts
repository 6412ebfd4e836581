/** What `simulatedCharm` is given: refused by name where nothing could be simulated with it. */
import { instead, oneOf } from '../hook/index.ts';
import type { Charm } from '../juju/index.ts';
import { operationTags } from './actions.ts';
import { checkDatabag, checkParts, type Parts } from './check-parts.ts';
import { jujuBounds } from './explore/juju-bounds.ts';
import { given } from './given.ts';
import type { SimulatedCharm } from './simulated-charm.ts';
import { Misuse } from './world.ts';

/** All that `simulatedCharm` may be given; who makes a charm of another one brings along what it made. */
const parts: readonly string[] = [
  ...['charm', 'application', 'endpoints', 'limits', 'address', 'config', 'requests', 'requirer'],
  ...['outside', 'faults', 'bounds', 'within', 'invariants', 'comesToRest', 'render', 'tells'],
  ...['reductions', 'explored', 'objection', 'soaked'],
];
const made: readonly string[] = ['peers', 'visible', 'life', 'run', 'unheard'];

/** Of what may be left out, what it has to be. */
const optional: Parts = {
  'limits?': 'record',
  'address?': 'function',
  'config?': 'record',
  'requirer?': 'record',
  'faults?': 'record',
  'bounds?': 'record',
  'within?': 'record',
  'render?': 'function',
  'tells?': 'function',
  'reductions?': 'record',
  'explored?': 'function',
  'objection?': 'function',
  'soaked?': 'function',
};
const happening: Parts = {
  becomes: 'function',
  told: 'telling',
  'when?': 'function',
  'isFair?': 'true',
  'weight?': 'number',
  'bound?': 'text',
  'announces?': 'text',
};
const part: Parts = { initial: 'anything', 'actions?': 'record', 'calls?': 'function' };
const reductions: Parts = {
  'isSilent?': 'function',
  'promptsIdle?': 'true',
  'followersFirst?': 'true',
  'forget?': 'function',
  'symmetry?': 'record',
};

/** What the compiler sees, for those who have none. */
export function checkBrought(brought: unknown): void {
  const to = 'simulatedCharm';
  given(to, 'its argument', brought, {
    charm: 'record',
    application: 'text',
    endpoints: 'list',
    requests: 'list',
    outside: 'record',
    invariants: 'list',
  });
  for (const [part, value] of Object.entries(brought ?? {})) {
    if (value === undefined)
      throw new Misuse(`${to}: ${part} is undefined: leave it out, or say what it is`);
    if (!parts.includes(part) && !made.includes(part))
      throw new Misuse(`${to}: "${part}" is nothing that it takes: say ${instead(part, parts)}`);
  }
  const whole = brought as SimulatedParts;
  given(to, 'charm', whole.charm, { name: 'text', machines: 'record', chartOf: 'function' });
  checkOutside(to, whole.outside);
  for (const [at, invariant] of whole.invariants.entries())
    checkInvariant(`invariants[${at}]`, invariant);
  if (whole.comesToRest !== undefined) checkInvariant('comesToRest', whole.comesToRest);
  const more = Object.entries(whole).filter(([name]) => `${name}?` in optional);
  checkParts(to, 'its argument', Object.fromEntries(more), optional);
  for (const [at, endpoint] of whole.endpoints.entries())
    given(to, `endpoints[${at}]`, endpoint, 'text');
  for (const [at, request] of whole.requests.entries())
    checkDatabag(to, `requests[${at}]`, request);
  for (const [name, fault] of Object.entries(whole.faults ?? {}))
    checkParts(to, `the fault ${name}`, fault, {
      told: 'text',
      'bound?': 'text',
      'at?': 'function',
    });
  for (const [name, number] of Object.entries(whole.within ?? {}))
    if (!Object.hasOwn(jujuBounds, name) || !Number.isInteger(number) || number < 0)
      throw new Misuse(
        `${to}: within.${name} is ${String(number)}: it takes whole numbers for ${Object.keys(jujuBounds).join(', ')}`,
      );
  for (const [name, bound] of Object.entries(whole.bounds ?? {}))
    checkParts(to, `the bound ${name}`, bound, { byDefault: 'count', told: 'text' });
  const limits = Object.keys(whole.limits ?? {}).map((name) => [name, 'count'] as const);
  checkParts(to, 'limits', whole.limits ?? {}, Object.fromEntries(limits));
  checkParts(to, 'reductions', whole.reductions ?? {}, reductions);
  if (whole.requirer !== undefined)
    given(to, 'requirer', whole.requirer, { hook: 'function', ask: 'function' });
}

function checkOutside(to: string, outside: SimulatedParts['outside']): void {
  checkParts(to, 'outside', outside, { shared: 'record', unit: 'record', open: 'function' });
  checkParts(to, 'outside.shared', outside.shared, part);
  checkParts(to, 'outside.unit', outside.unit, { ...part, 'begins?': 'function' });
  for (const { actions = {} } of [outside.shared, outside.unit])
    for (const [name, action] of Object.entries(actions))
      checkParts(to, `the action ${name}`, action, happening);
}

const checks = ['always', 'across', 'atRest'] as const;

/** One that checks nothing holds whatever happens; a check that is misspelt is none. */
function checkInvariant(at: string, invariant: unknown): void {
  const to = 'simulatedCharm';
  given(to, at, invariant, { name: 'text', claims: 'text' });
  for (const [part, check] of Object.entries(invariant as object)) {
    if (part === 'name' || part === 'claims') continue;
    if (!checks.some((known) => known === part))
      throw new Misuse(
        `${to}: ${at} has "${part}", which nobody asks: say ${instead(part, checks)}`,
      );
    given(to, `${part} of ${at}`, check, 'function');
  }
  if (!checks.some((check) => check in (invariant as object)))
    throw new Misuse(`${to}: ${at} checks nothing: give it ${oneOf(checks)}`);
}

/** What was brought, once it is known to have these parts; what they hold is still to be seen. */
interface SimulatedParts {
  readonly charm: unknown;
  readonly endpoints: readonly unknown[];
  readonly requests: readonly unknown[];
  readonly outside: Readonly<Record<'shared' | 'unit', { readonly actions?: object }>>;
  readonly invariants: readonly unknown[];
  readonly comesToRest?: unknown;
  readonly faults?: object;
  readonly bounds?: object;
  readonly within?: object;
  readonly limits?: object;
  readonly requirer?: unknown;
  readonly reductions?: object;
}

/** What the compiler cannot see: names that stand for two things, or for none. */
export function checkSimulated({
  outside: { shared, unit },
  faults,
  bounds,
  invariants,
  requests,
  endpoints,
  limits = {},
}: SimulatedCharm) {
  const names = [...Object.keys(shared.actions), ...Object.keys(unit.actions)];
  const taken: readonly string[] = ['RunHook', 'Lag', 'CatchUp', ...operationTags];
  const double = names.find((name, at) => taken.includes(name) || names.indexOf(name) < at);
  if (double !== undefined)
    throw new Misuse(`two actions are called ${double}; Juju's own are ${taken.join(', ')}`);
  const kept = Object.keys(bounds).find((name) => Object.hasOwn(jujuBounds, name));
  if (kept !== undefined) throw new Misuse(`the bound ${kept} is Juju's; call yours otherwise`);
  for (const [name, { bound }] of [
    ...Object.entries(shared.actions),
    ...Object.entries(unit.actions),
    ...Object.entries(faults),
  ])
    if (bound !== undefined && !Object.hasOwn(bounds, bound))
      throw new Misuse(`${name} counts against the bound "${bound}", which bounds does not have`);
  const twice = invariants.find(
    ({ name }, at) => invariants.findIndex((one) => one.name === name) < at,
  );
  if (twice !== undefined) throw new Misuse(`two invariants are called ${twice.name}`);
  if (requests.length === 0) throw new Misuse('requests is empty: say what applications ask for');
  if (endpoints.length === 0)
    throw new Misuse('endpoints is empty: name those where others are related');
  const again = endpoints.find((endpoint, at) => endpoints.indexOf(endpoint) < at);
  if (again !== undefined) throw new Misuse(`two endpoints are called ${again}`);
  const unknown = Object.keys(limits).find((endpoint) => !endpoints.includes(endpoint));
  if (unknown !== undefined)
    throw new Misuse(`limits names ${unknown}; the endpoints are ${endpoints.join(', ')}`);
}

const relationHooks = ['created', 'joined', 'changed', 'departed', 'broken'];

/**
 * The endpoints of which no hook leads to a chart, as where one is misspelt: nothing is violated there,
 * for nothing is run. A charm may have none that any does.
 */
export function unheardAt(
  { chartOf }: Pick<Charm, 'chartOf'>,
  endpoints: readonly string[],
): { readonly unheard?: readonly string[] } {
  const leads = (endpoint: string) =>
    relationHooks.some((kind) => {
      try {
        return chartOf({ hook: `${endpoint}-relation-${kind}`, relation: 1 }) !== null;
      } catch {
        // An author's own events may want to know more of a hook than its name.
        return true;
      }
    });
  const unheard = endpoints.filter((endpoint) => !leads(endpoint));
  return unheard.length === 0 ? {} : { unheard };
}
