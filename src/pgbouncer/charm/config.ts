/** The charm's options, as operators set them with `juju config`. */
import * as v from 'valibot';
import type { Environment } from '../../juju/hook-tools/index.ts';
import { printable, quote } from '../../juju/hook-tools/printable.ts';
import type { TlsMode } from '../commands/rules.ts';
import type { Settings } from '../pooler/index.ts';
import { type ExtraRoles, isNeverGranted, isRoleName, namesIn } from '../relation/extra-roles.ts';

type Values = Readonly<Record<string, unknown>>;

/** What operators may tune, in PgBouncer's own words. */
export interface PoolerOptions
  extends Pick<
    Settings,
    'listenPort' | 'poolMode' | 'maxDatabaseConnections' | 'maxPreparedStatements'
  > {}

/** What is run as PgBouncer, and as whom. */
export interface ProgramOptions {
  readonly program: string;
  readonly user: string;
}

interface Option {
  /** What the option may be, for the sentence that refuses another value. */
  readonly may: string;
  readonly schema: v.GenericSchema<unknown, string | number>;
  readonly byDefault: string | number;
  readonly description: string;
}

/** Names with commas between them, each of them like this. */
const names = (isRight: (name: string) => boolean) =>
  v.pipe(
    v.string(),
    v.maxLength(1_000),
    v.check((text) => namesIn(text).every(isRight)),
  );

/** Texts that stand as they are in commands of a shell, of Pebble and of systemd. */
const word = (pattern: RegExp, most: number) =>
  v.pipe(v.string(), v.maxLength(most), v.regex(pattern));

const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

/** Every option by its name; `config.yaml` is made from this. */
export const options = {
  listen_port: {
    may: 'a port from 1024 to 65535',
    schema: whole(1024, 65_535),
    byDefault: 6432,
    description: 'The port on which PgBouncer listens. A change restarts PgBouncer.',
  },
  pool_mode: {
    may: 'session, transaction or statement',
    schema: v.picklist(['session', 'transaction', 'statement']),
    byDefault: 'session',
    description: 'When a server connection may be given to another client.',
  },
  max_db_connections: {
    may: 'a whole number from 0 on, where 0 is no limit',
    schema: whole(0, 1_000_000),
    byDefault: 100,
    description: 'Server connections for each database and unit; pool sizes follow from it.',
  },
  max_prepared_statements: {
    may: 'a whole number from 0 on, where 0 keeps none',
    schema: whole(0, 1_000_000),
    byDefault: 200,
    description: 'Prepared statements kept for each connection, from PgBouncer 1.21 on.',
  },
  processes: {
    may: 'auto (as many as there are cores, 4 at most) or a whole number from 1 to 16',
    schema: v.pipe(v.string(), v.regex(/^(auto|[1-9]|1[0-6])$/)),
    byDefault: '1',
    description:
      'How many PgBouncers each unit runs on its port, each of which uses one core. Sessions of those that end, and of the first where it was alone or is so again, are cut by a change.',
  },
  endpoint: {
    may: 'unit, or on Kubernetes service',
    schema: v.picklist(['unit', 'service']),
    byDefault: 'unit',
    description:
      'Of what applications are told: of each unit, the leader for writing and the others for reading; or on Kubernetes, with Juju 3.1 or later, of the service of this application, which leads to any unit and stays whoever leads.',
  },
  tls: {
    may: 'off, allow or require',
    schema: v.picklist(['off', 'allow', 'require']),
    byDefault: 'allow',
    description:
      'Whether clients may come by TLS, or must, once certificates is related; off asks for no certificate. While require has no certificate, nobody comes in over the network.',
  },
  'allowed-extra-roles': {
    may: 'names of attributes and roles with commas between them, none of which takes a superuser (as superuser, replication, bypassrls, pg_execute_server_program, pg_read_server_files and pg_write_server_files do) or belongs to other applications',
    schema: names((name) => isRoleName(name) && !isNeverGranted(name)),
    byDefault: '',
    description:
      'What applications may ask for as extra-user-roles, in place of what they may by default: CREATEDB, and from PostgreSQL 16 on CREATEROLE.',
  },
  'backend-roles': {
    may: 'names with commas between them',
    schema: names(isRoleName),
    byDefault: 'SUPERUSER',
    description: 'What the charm itself asks of its backend as extra-user-roles.',
  },
  'pgbouncer-program': {
    may: 'an absolute path of letters, digits and any of . _ + -',
    schema: word(/^(\/[A-Za-z0-9_+][A-Za-z0-9._+-]*)+$/, 200),
    byDefault: '/usr/sbin/pgbouncer',
    description:
      'Where PgBouncer’s program is, in the container or on the machine. A change restarts PgBouncer.',
  },
  'pgbouncer-user': {
    may: 'the name of a user that is there and is not root, whom PgBouncer refuses',
    schema: word(/^(?!root$)[a-z_][a-z0-9_-]*$/, 32),
    byDefault: 'postgres',
    description:
      'Whom PgBouncer runs as, and who owns its files, in the container or on the machine. A change restarts PgBouncer.',
  },
  'metrics-port': {
    may: 'a port from 1024 to 65535',
    schema: whole(1024, 65_535),
    byDefault: 9127,
    description: 'Where metrics are told, once metrics-endpoint is related.',
  },
  'exporter-program': {
    may: 'empty, or an absolute path of letters, digits and any of . _ + -',
    schema: word(/^((\/[A-Za-z0-9_+][A-Za-z0-9._+-]*)+)?$/, 200),
    byDefault: '',
    description:
      'Where the image has the exporter of prometheus-community for PgBouncer, on Kubernetes; empty where it has none. On machines the charm is its own.',
  },
  'hook-budget': {
    may: 'a whole number of seconds from 10 to 600',
    schema: whole(10, 600),
    byDefault: 60,
    description: 'How long a hook may take; what could not be done by then is done in a later one.',
  },
} as const satisfies Readonly<Record<string, Option>>;

export interface ParsedConfig {
  readonly options: PoolerOptions;
  readonly run: ProgramOptions;
  readonly policy: {
    /** What applications may ask for. */
    readonly extraRoles: ExtraRoles;
  };
  /** Whether clients may come by TLS, or must. */
  readonly tls: TlsMode;
  /** How many PgBouncers the unit runs. */
  readonly processes: number | 'auto';
  /** Of what clients are told. */
  readonly endpoint: 'unit' | 'service';
  /** What the backend is asked for as `extra-user-roles`; empty where for nothing. */
  readonly backendRoles: string;
  /** What tells metrics on Kubernetes, empty for nothing, and where they are told. */
  readonly metrics: { readonly program: string; readonly port: number };
  /** Milliseconds that a hook may take. */
  readonly budget: number;
  /** The values in force, to be kept for the day on which one of them is spoiled. */
  readonly values: Values;
  /** One sentence for each value that is refused, with what it may be. */
  readonly objections: readonly string[];
}

/** The options, and those that were in force in the last hook; none where nothing was. */
export interface ConfigChange {
  readonly config: ParsedConfig;
  readonly before: Values;
}

/** Reads the options; one that is refused stays as it was, by default at its default. */
export function parseConfig(config: Values, before: Values): ParsedConfig {
  const values: Record<string, unknown> = {};
  const objections: string[] = [];
  for (const [name, { schema, may, byDefault }] of Object.entries(options)) {
    const wanted = config[name] ?? byDefault;
    if (v.is(schema, wanted)) values[name] = wanted;
    else {
      const kept = before[name];
      values[name] = v.is(schema, kept) ? kept : byDefault;
      objections.push(
        `config ${name} is ${shown(wanted)}: set it to ${may}; ${values[name] === '' ? 'the default' : values[name]} stays in force`,
      );
    }
  }
  const extraRoles = namesIn(String(values['allowed-extra-roles']));
  return {
    options: {
      listenPort: Number(values.listen_port),
      poolMode: values.pool_mode as PoolerOptions['poolMode'],
      maxDatabaseConnections: Number(values.max_db_connections),
      maxPreparedStatements: Number(values.max_prepared_statements),
    },
    run: {
      program: String(values['pgbouncer-program']),
      user: String(values['pgbouncer-user']),
    },
    policy: { extraRoles: extraRoles.length === 0 ? 'default' : extraRoles },
    tls: values.tls as TlsMode,
    processes: values.processes === 'auto' ? 'auto' : Number(values.processes),
    endpoint: values.endpoint as ParsedConfig['endpoint'],
    backendRoles: String(values['backend-roles']).trim(),
    metrics: {
      program: String(values['exporter-program']),
      port: Number(values['metrics-port']),
    },
    budget: Number(values['hook-budget']) * 1_000,
    values,
    objections,
  };
}

/**
 * The options with the port that is in force, where the one that is wanted is somebody else's: all
 * else is served meanwhile.
 */
export function withPort(config: ParsedConfig, port: number): ParsedConfig {
  const { listenPort: wanted } = config.options;
  return {
    ...config,
    options: { ...config.options, listenPort: port },
    values: { ...config.values, listen_port: port },
    objections: [
      ...config.objections,
      `config listen_port is ${wanted}: port ${wanted} is taken; end what listens there, or set listen_port to one that is free; ${port} stays in force`,
    ],
  };
}

/** The options as they can be in force here: only Kubernetes has a service, and Juju opens its ports. */
export function whereItIs(
  config: ParsedConfig,
  { machine, version: [major, minor] }: Pick<Environment, 'machine' | 'version'>,
): ParsedConfig {
  if (config.endpoint === 'unit') return config;
  const isOld = major < 3 || (major === 3 && minor < 1);
  const why =
    machine !== null
      ? 'a unit on a machine has no service before it'
      : isOld
        ? `Juju ${major}.${minor} opens no port of a service, which takes 3.1`
        : null;
  if (why === null) return config;
  return {
    ...config,
    endpoint: 'unit',
    values: { ...config.values, endpoint: 'unit' },
    objections: [
      ...config.objections,
      `config endpoint is "service": ${why}: set it to unit; unit stays in force`,
    ],
  };
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? quote(value) : printable(JSON.stringify(value) ?? 'nothing', 40);

/** The options that were in force in the last hook; none where the unit's state says none. */
export function parseSettings(text: string | undefined): Values {
  const parsed = v.safeParse(
    v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown())),
    text ?? '',
  );
  return parsed.success ? parsed.output : {};
}
