/** What PgBouncer's charm has outside of Juju in the simulated model: one PostgreSQL, and its poolers. */
import type { Fault, Happening, Opened, Opening, Seen, World } from '../../testing/index.ts';
import {
  emptyPgbouncer,
  emptyPostgres,
  MemoryPgbouncer,
  MemoryPostgres,
  type PgbouncerState,
  type PostgresState,
  type Fault as StepFault,
} from '../memory/index.ts';
import type { Outside } from '../ports.ts';

export const provider = 'pgbouncer';

/** The hook of a workload that has come up, as Pebble has it announced. */
export const poolerReady = 'pgbouncer-pebble-ready';

/** What all units have in common. */
export interface Shared {
  readonly postgres: PostgresState;
  /** Seconds that each statement takes. */
  readonly delay: number;
  /** How many passwords were made so far. */
  readonly passwords: number;
}

export type PgbouncerWorld = World<Shared, PgbouncerState>;

type Sight = Seen<Shared, PgbouncerState>;
export type FaultName = StepFault | 'outage';

const withPostgres =
  (isUp: boolean) =>
  (shared: Shared): Shared => ({ ...shared, postgres: { ...shared.postgres, isUp } });

const slowed = (delay: number): Happening<Shared> => ({
  becomes: (shared) => ({ ...shared, delay }),
  told: `each statement takes ${delay} s from now on`,
  weight: 1,
});

const sharedActions = {
  StopPostgres: {
    when: ({ postgres }) => postgres.isUp,
    becomes: withPostgres(false),
    told: 'PostgreSQL goes down',
    weight: 3,
    bound: 'outages',
  },
  StartPostgres: {
    when: ({ postgres }) => !postgres.isUp,
    becomes: withPostgres(true),
    told: 'PostgreSQL comes up',
    weight: 3,
    isFair: true,
  },
  SlowPostgres: slowed(10),
  CrawlingPostgres: slowed(40),
  PromptPostgres: slowed(0),
} satisfies Record<string, Happening<Shared>>;

/** What happens to a pooler, whatever else its unit has. */
export const unitActions = <Own extends PgbouncerState>() =>
  ({
    StopPooler: {
      when: ({ isUp }) => isUp,
      becomes: (own) => ({ ...own, isUp: false }),
      told: (unit) => `the PgBouncer of ${unit} goes down`,
    },
    StartPooler: {
      when: ({ isUp }) => !isUp,
      becomes: (own) => ({ ...own, isUp: true }),
      told: (unit) => `the PgBouncer of ${unit} comes up`,
      isFair: true,
      announces: poolerReady,
    },
  }) satisfies Record<string, Happening<Own>>;

/** What befalls a step: of the backend, of the pooler, or of the connection to one of them. */
export const faults: Readonly<Record<FaultName, Fault<Sight>>> = {
  outage: {
    told: 'while PostgreSQL goes down',
    bound: 'outages',
    // What goes down at the commit went down after the hook.
    at: ({ isLast }, { shared }) => shared.postgres.isUp && !isLast,
  },
  half: {
    told: 'and only half of the file is loaded',
    bound: 'halfLoads',
    at: ({ name }) => name === 'reload',
  },
  lost: { told: 'and loses a connection' },
  'answer lost': { told: 'and loses a connection after the work was done' },
  fails: { told: 'and is refused' },
};

/** The adapters in memory over what a unit sees. */
function open(
  { shared, own }: Sight,
  hook: Opening<FaultName>,
): Opened<Outside, Shared, PgbouncerState> {
  const postgres = new MemoryPostgres(shared.postgres);
  const pooler = new MemoryPgbouncer(postgres, own);
  let { passwords } = shared;
  const tap = (step: string, seconds: number): StepFault | null => {
    const fault = hook.step(step, seconds);
    if (fault !== 'outage') return fault;
    postgres.isUp = false;
    return null;
  };
  postgres.tap = (step) => tap(step, shared.delay);
  pooler.tap = (step) => tap(step, 0);
  return {
    ports: {
      backend: postgres.hook(),
      pooler: pooler.hook(),
      entropy: { password: () => ({ secret: `password-${passwords++}` }) },
      clock: hook.clock,
    },
    state: () => ({
      shared: { ...shared, postgres: postgres.state, passwords },
      own: pooler.state,
    }),
  };
}

const begun: Shared = { postgres: emptyPostgres, delay: 0, passwords: 0 };

export const outside = {
  shared: { initial: begun, actions: sharedActions },
  unit: { initial: emptyPgbouncer, actions: unitActions<PgbouncerState>() },
  open,
};
