/** The charm's options, as operators set them with `juju config`. */
import * as v from 'valibot';
import type { Settings } from '../adapters/pgbouncer/index.ts';

type Values = Readonly<Record<string, unknown>>;

/** What operators may tune, in PgBouncer's own words. */
export interface PoolerOptions
  extends Pick<
    Settings,
    'listenPort' | 'poolMode' | 'maxDatabaseConnections' | 'maxPreparedStatements'
  > {}

interface Option {
  /** What the option may be, for the sentence that refuses another value. */
  readonly may: string;
  readonly schema: v.GenericSchema<unknown, string | number>;
  readonly byDefault: string | number;
  readonly description: string;
}

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
} as const satisfies Readonly<Record<string, Option>>;

export interface ParsedConfig {
  readonly options: PoolerOptions;
  /** The values in force, to be kept for the day on which one of them is spoiled. */
  readonly values: Values;
  /** One sentence for each value that is refused, with what it may be. */
  readonly objections: readonly string[];
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
        `config ${name} is ${JSON.stringify(wanted)?.slice(0, 40)}: set it to ${may}; ${values[name]} stays in force`,
      );
    }
  }
  return {
    options: {
      listenPort: Number(values.listen_port),
      poolMode: values.pool_mode as PoolerOptions['poolMode'],
      maxDatabaseConnections: Number(values.max_db_connections),
      maxPreparedStatements: Number(values.max_prepared_statements),
    },
    values,
    objections,
  };
}

export const settingsKey = 'settings';

/** The options that were in force in the last hook; none where the unit's state says none. */
export function parseSettings(text: string | undefined): Values {
  const parsed = v.safeParse(
    v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown())),
    text ?? '',
  );
  return parsed.success ? parsed.output : {};
}
