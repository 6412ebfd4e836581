import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Recorder } from '../../inspector/recorder.ts';
import { dispatch } from '../../juju/dispatch.ts';
import type { JujuEvent } from '../../juju/port.ts';
import { type ActionResults, act } from '../../process/action.ts';
import { unitIdentity } from '../charm/identity.ts';
import { actions } from '../commands/actions.ts';
import { pgbouncerCharm } from '../commands/charm.ts';
import { cryptoEntropy } from '../entropy.ts';
import { type HookError, render } from '../errors.ts';
import { MemoryJuju } from '../memory/index.ts';
import { type PgbouncerOptions, pgbouncer } from '../pooler/index.ts';
import type { Adapters } from '../ports.ts';
import { postgres } from '../postgres/index.ts';
import type { DispatchRun } from '../run.ts';
import { localFiles } from '../workload/files.ts';
import { Workspace } from './servers/child.ts';
import { type PgbouncerServer, startPgbouncer } from './servers/pgbouncer.ts';
import { type PostgresServer, startPostgres, startReplica } from './servers/postgres.ts';

export interface WorldOptions {
  readonly application?: string;
  /** Tells this deployment from others on the same PostgreSQL. */
  readonly model?: string;
  readonly units?: number;
  /** The number of the first leader. */
  readonly leader?: number;
  /** Whether units ask for certificates, where somebody gives some. */
  readonly isCertified?: boolean;
}

/**
 * Units with a real PgBouncer each, before one real PostgreSQL; only Juju is in memory. What it
 * starts it stops.
 */
export class World {
  readonly juju: MemoryJuju;
  readonly primary: PostgresServer;
  readonly poolers: ReadonlyMap<string, PgbouncerServer>;
  /** Every secret that was made in this world, for those who look for leaks. */
  readonly secrets: string[] = [];
  replica: PostgresServer | null;
  readonly #workspace: Workspace;
  readonly #isCertified: boolean;

  private constructor(
    workspace: Workspace,
    juju: MemoryJuju,
    primary: PostgresServer,
    replica: PostgresServer | null,
    poolers: ReadonlyMap<string, PgbouncerServer>,
    isCertified: boolean,
  ) {
    this.#workspace = workspace;
    this.#isCertified = isCertified;
    this.juju = juju;
    this.primary = primary;
    this.replica = replica;
    this.poolers = poolers;
  }

  /** Starts the poolers before a PostgreSQL that is there. */
  static async before(
    primary: PostgresServer,
    replica: PostgresServer | null,
    options: WorldOptions = {},
  ): Promise<World> {
    const { application = 'pgbouncer-k8s', model = 'demo', units = 3, leader = 1 } = options;
    const workspace = new Workspace();
    const secrets: string[] = [];
    const poolers = new Map<string, PgbouncerServer>();
    for (let number = 0; number < units; number++) {
      const admin = cryptoEntropy.password().secret;
      secrets.push(admin);
      const unit = `${application}/${number}`;
      poolers.set(unit, await startPgbouncer(workspace, `unit-${number}`, admin));
    }
    const juju = new MemoryJuju({
      application,
      model,
      units: [...poolers.keys()],
      leader: `${application}/${leader}`,
      endpoint: (unit) => {
        const pooler = poolers.get(unit);
        return pooler === undefined ? null : `${pooler.host}:${pooler.port}`;
      },
    });
    const world = new World(
      ...([workspace, juju, primary, replica, poolers] as const),
      options.isCertified === true,
    );
    world.secrets.push(...secrets);
    return world;
  }

  /** A hook's adapters; each hook has connections of its own. */
  adapters(unit: string, watch?: PgbouncerOptions['watch']): Adapters {
    const pooler = this.pooler(unit);
    const { host, port, login } = this.primary;
    return {
      juju: this.juju.hook(unit),
      backend: postgres({
        host,
        port,
        ...login,
        owner: this.juju.owner,
        replicas: () => (this.replica === null ? [] : [this.replica]),
        lockTimeout: 2_000,
      }),
      pooler: pgbouncer({
        processes: [pooler.process],
        clients: pooler,
        ...(watch === undefined ? {} : { watch }),
      }),
      entropy: {
        password: () => {
          const made = cryptoEntropy.password();
          this.secrets.push(made.secret);
          return made;
        },
      },
      // Most worlds have nobody who gives certificates, and their units need none of it.
      ...(this.#isCertified ? { identity: identityOf(pooler) } : {}),
      clock: () => performance.now(),
    };
  }

  pooler(unit: string): PgbouncerServer {
    const pooler = this.poolers.get(unit);
    if (pooler === undefined)
      throw new Error(`there is no unit ${unit}; there are ${[...this.poolers.keys()].join(', ')}`);
    return pooler;
  }

  /** Runs one hook of Juju whole. A hook that breaks is an error here. */
  async dispatch(unit: string, event: JujuEvent): Promise<DispatchRun> {
    return succeeded(await dispatch(pgbouncerCharm(), this.adapters(unit))(event)());
  }

  /** The same, and tells the recorder of it. */
  async record(unit: string, event: JujuEvent, recorder: Recorder): Promise<DispatchRun> {
    const telling = (told: PgbouncerOptions['watch']) => this.adapters(unit, told);
    return succeeded(
      await recorder.hook(unit, event, telling, ({ adapters, watch }) =>
        dispatch(pgbouncerCharm(), adapters, { watch })(event)(),
      ),
    );
  }

  /** Runs an action as an operator would, and tells the recorder of it. One that is refused is an error. */
  async act(
    unit: string,
    name: string,
    parameters: object,
    recorder: Recorder,
  ): Promise<ActionResults> {
    let results: ActionResults = {};
    const event = { hook: `actions/${name}` };
    const outcome = await recorder.hook(unit, event, this.adapters(unit), async (observer) => {
      const { adapters, watch } = observer;
      const acted = await act(pgbouncerCharm(), actions, adapters, { watch })(name, parameters)();
      if (E.isRight(acted)) results = acted.right;
      // Its hooks are told as they go on; beside them it is none.
      return E.map(() => null)(acted);
    });
    if (E.isRight(outcome)) return results;
    const { left } = outcome;
    throw new Error(left._tag === 'ActionRefused' ? left.why : render(left));
  }

  /** The leader decides, the others hear of it, the leader hears of them. */
  async settle(): Promise<void> {
    const { leader, units } = this.juju;
    const followers = units.filter((unit) => unit !== leader);
    const decides = leader === null ? [] : [leader];
    for (const unit of [...decides, ...followers, ...decides])
      await this.dispatch(unit, { hook: 'update-status' });
  }

  /** Waits until the replica has what the primary has, for ten seconds at most. */
  async replicated(): Promise<void> {
    if (this.replica === null) return;
    const [writer, reader] = [await this.primary.connect(), await this.replica.connect()];
    try {
      const { rows } = await writer.query('SELECT pg_current_wal_lsn() AS lsn');
      const until = performance.now() + 10_000;
      for (let isThere = false; !isThere; ) {
        if (performance.now() > until) throw new Error('the replica does not follow its primary');
        const reached = 'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS there';
        isThere = (await reader.query(reached, [rows[0].lsn])).rows[0].there === true;
      }
    } finally {
      await Promise.all([writer.end(), reader.end()]);
    }
  }

  /** Stops the poolers; PostgreSQL belongs to whoever started it. */
  async stop(): Promise<void> {
    await Promise.all([...this.poolers.values()].map((pooler) => pooler.kill()));
    this.#workspace.remove();
  }
}

/** The unit's key in a file beside PgBouncer's, as the charm keeps it. */
const identityOf = ({ host, process: { settings } }: PgbouncerServer) =>
  unitIdentity(
    TE.right({ keyFile: settings.clientKeyFile ?? '', files: localFiles }),
    TE.right([host]),
  );

function succeeded<Run>(outcome: E.Either<HookError, Run>): Run {
  if (E.isLeft(outcome)) throw new Error(render(outcome.left));
  return outcome.right;
}

/** A PostgreSQL with a streaming replica, and how to stop both. */
export async function startBackend(settings: readonly string[] = []) {
  const workspace = new Workspace();
  const primary = await startPostgres(workspace, cryptoEntropy.password().secret, { settings });
  const replica = await startReplica(workspace, primary);
  return {
    primary,
    replica,
    stop: async () => {
      await replica.stop();
      await primary.stop();
      workspace.remove();
    },
  };
}
