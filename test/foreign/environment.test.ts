/** What a hook finds in its environment, against what real agents have put there. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { environmentOf } from '../../src/foreign/hook-environment.ts';
import { type Hook, type View, viewOf, worldOf } from '../../src/testing/index.ts';
import { lighthouseThat } from '../testing/lighthouse.ts';

type Variables = Readonly<Record<string, string>>;

const recorded: {
  scenarios: { run: string; hooks: { hook: string; environment: Variables }[] }[];
} = JSON.parse(readFileSync('test/testing/juju-agent/hooks.json', 'utf8'));

/** One of each kind of hook. */
const kinds = new Map(
  recorded.scenarios.flatMap(({ hooks }) =>
    hooks.map((one) => [one.hook.replace(/^.*-(relation-\w+)$/, '$1'), one.environment] as const),
  ),
);

/** What the simulation would be asked to run, from what the agent has told. */
function hookOf(variables: Variables): Hook {
  const {
    JUJU_HOOK_NAME: name = '',
    JUJU_RELATION_ID,
    JUJU_REMOTE_APP,
    JUJU_REMOTE_UNIT,
  } = variables;
  const { JUJU_DEPARTING_UNIT, JUJU_SECRET_ID, JUJU_SECRET_LABEL, JUJU_SECRET_REVISION } =
    variables;
  return {
    name,
    ...(JUJU_RELATION_ID ? { relation: Number(JUJU_RELATION_ID.split(':')[1]) } : {}),
    ...(JUJU_REMOTE_APP ? { remoteApplication: JUJU_REMOTE_APP } : {}),
    ...(JUJU_REMOTE_UNIT ? { remoteUnit: JUJU_REMOTE_UNIT } : {}),
    ...(JUJU_DEPARTING_UNIT ? { departingUnit: JUJU_DEPARTING_UNIT } : {}),
    ...(JUJU_SECRET_ID ? { secret: JUJU_SECRET_ID, label: JUJU_SECRET_LABEL ?? '' } : {}),
    ...(JUJU_SECRET_REVISION ? { revision: Number(JUJU_SECRET_REVISION) } : {}),
  };
}

const world = worldOf(lighthouseThat(true), { units: 1, requirers: {} });
const bare: View = viewOf(world, 'lighthouse/0', { name: 'start' });

/** What differs from hook to hook. */
const isOfHook = (name: string) =>
  /^JUJU_(DISPATCH_PATH|HOOK_NAME|UNIT_NAME|RELATION|RELATION_ID|REMOTE_\w+|DEPARTING_UNIT|SECRET_\w+|WORKLOAD_NAME)$/.test(
    name,
  );

const told = (variables: Variables) =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => isOfHook(name)));

describe('the environment of a hook', () => {
  it.each([...kinds])('is what the agent gives %s', (_, variables) => {
    const { JUJU_RELATION: endpoint = '', JUJU_RELATION_ID: id = ':' } = variables;
    const relations =
      endpoint === ''
        ? {}
        : {
            [Number(id.split(':')[1])]: {
              ...{ endpoint, key: '', remote: '', isPeer: false, isListed: true },
              ...{ members: [], bags: {} },
            },
          };
    const view = {
      ...bare,
      unit: variables.JUJU_UNIT_NAME ?? '',
      hook: hookOf(variables),
      relations,
    };
    const found = environmentOf(
      view,
      { programs: '/tools', socket: '/socket' },
      '/charm',
      'context',
    );
    expect(told(found)).toEqual(told(variables));
    expect(Object.keys(variables).filter((name) => found[name] === undefined)).toEqual([]);
    expect(Object.keys(told(found)).length).toBeGreaterThan(2);
  });
});
