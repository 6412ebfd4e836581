import type { DrawnEndpoints } from './endpoints.ts';
import { quoted } from './literals.ts';

/** `src/main.ts`: what is packed, and what a unit gives the handlers. */
export const mainFile =
  (): string => `/** What is packed and dispatched: the charm, and its ports as a unit has them. */
import type { Whereabouts } from 'hookchart/juju';
import type { Ports } from './charm.ts';

export { charm } from './charm.ts';

/** Made once in each hook; \`at\` knows the unit, its options, its variables and its addresses. */
export const ports = (_at: Whereabouts): Ports => ({});
`;

/** `src/simulated.ts`: the charm in a simulated Juju, with an invariant to begin with. */
export function simulatedFile(name: string, { others }: DrawnEndpoints): string {
  const [first] = others;
  const endpoints = first === undefined ? ['unrelated'] : others;
  const why =
    first === undefined
      ? '  // The charm has no endpoint yet: this one stands for the first.\n'
      : '';
  return `/** The charm in a simulated Juju: \`hookchart verify --charm dist/simulated.js\` goes through it. */
import { simulatedCharm } from 'hookchart/testing';
import { charm } from './charm.ts';

export const simulated = simulatedCharm({
  charm,
  application: ${quoted(name)},
${why}  endpoints: [${endpoints.map(quoted).join(', ')}],
  // What applications write for the charm to read: a few of each kind, some that it has to refuse.
  requests: [{}],
  outside: {
    // What handlers change outside of Juju: once for all units, and for each unit.
    shared: { initial: {} },
    unit: { initial: {} },
    // \`ports\` is what handlers are given beside juju, working on that state instead of the world.
    open: (state) => ({ ports: {}, state: () => state }),
  },
  // How far \`verify\` goes; --units, --relations and the like go further.
  within: { units: 2, relations: 1, operations: 1, leaderChanges: 1 },
  invariants: [
    {
      name: 'SaysWhy',
      claims: 'A unit that is not active says why.',
      always: ({ units }) =>
        Object.entries(units).flatMap(([unit, { status }]) =>
          status === null || status.name === 'active' || status.message !== ''
            ? []
            : [\`\${unit} is \${status.name} and does not say why\`],
        ),
    },
  ],
});
`;
}

/** `test/simulated.test.ts`: random histories keep the invariants, and Juju is told of what is heard. */
export const simulatedTestFile = (): string => `import { readFileSync } from 'node:fs';
import { soak } from 'hookchart/testing';
import { expect, it } from 'vitest';
import { charm } from '../src/charm.ts';
import { simulated } from '../src/simulated.ts';

it('keeps its invariants in random histories', async () => {
  const { failure } = await soak(simulated, { hooks: 300, seed: 1 });
  expect(failure?.shortest.message).toBe(undefined);
});

it('hears of nothing that metadata.yaml does not name', () => {
  const metadata = readFileSync(new URL('../metadata.yaml', import.meta.url), 'utf8');
  const ofSomething = /^(.+)-(?:relation|storage|pebble)-/;
  const heard = Object.keys(charm.events).map((hook) => ofSomething.exec(hook)?.[1]);
  const isNamed = (name: string) => new RegExp(\`^ +\${name}:\`, 'm').test(metadata);
  expect(heard.filter((name) => name !== undefined && !isNamed(name))).toEqual([]);
});
`;
