/** The one parse of what the agent puts into a hook's environment. */

import * as E from 'fp-ts/lib/Either.js';
import { given } from '../../hook/index.ts';

export interface HookRelation {
  readonly endpoint: string;
  readonly id: number;
  /** Null where Juju does not say, as in a `broken` of Juju 2.9. */
  readonly remoteApplication: string | null;
  /** Null where it is about the application, or about the relation as a whole. */
  readonly remoteUnit: string | null;
}

/** The secret that a hook is about. */
export interface HookSecret {
  readonly id: string;
  /** Empty where this application gave it none, or where it is not its own. */
  readonly label: string;
  /** The revision that is to go; only in `secret-remove` and `secret-expired`. */
  readonly revision: number | null;
}

/** What a hook was called for, and where it runs. */
export interface Environment {
  /** `database-relation-changed`; `actions/NAME` for an action. */
  readonly event: string;
  readonly unit: string;
  readonly application: string;
  /** The unit's number, the part after `/`. */
  readonly number: number;
  readonly model: { readonly name: string; readonly uuid: string };
  readonly version: readonly [major: number, minor: number];
  readonly charmFolder: string;
  /** Null on Kubernetes, where units have no machine. */
  readonly machine: string | null;
  /** Only in the hooks of a relation. */
  readonly relation: HookRelation | null;
  /** Only in departed. */
  readonly departingUnit: string | null;
  /** Only in the hooks of a secret. */
  readonly secret: HookSecret | null;
}

/** A variable that a hook cannot do without is missing, or says what no Juju says. */
export interface EnvironmentInvalid {
  readonly _tag: 'EnvironmentInvalid';
  readonly class: 'broken';
  readonly variable: string;
  readonly why: string;
}

class Invalid extends Error {
  readonly variable: string;
  readonly why: string;
  constructor(variable: string, why: string) {
    super(why);
    this.variable = variable;
    this.why = why;
  }
}

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads what the environment of a dispatch says: whose hook it is, and which. A left names the variable that is missing, or what does not fit.
 *
 * @category A Juju
 *
 * @example
 * ```ts
 * import { parseEnvironment, renderEnvironment } from 'hookchart/juju';
 *
 * const parsed = parseEnvironment({ JUJU_UNIT_NAME: 'web/0' });
 * if (parsed._tag === 'Left') console.log(renderEnvironment(parsed.left).split(':')[0]);
 * // the environment variable JUJU_DISPATCH_PATH is not set
 * ```
 */
export function parseEnvironment(variables: Variables): E.Either<EnvironmentInvalid, Environment> {
  given('parseEnvironment', 'the variables', variables, 'record');
  try {
    return E.right(parsed(variables));
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    const { variable, why } = error;
    return E.left({ _tag: 'EnvironmentInvalid', class: 'broken', variable, why });
  }
}

function parsed(variables: Variables): Environment {
  // Juju sets what does not apply to the empty text.
  const optional = (name: string): string | null => variables[name] || null;
  const needed = (name: string): string => {
    const value = optional(name);
    if (value === null) throw new Invalid(name, 'is not set');
    return value;
  };
  const matching = (name: string, pattern: RegExp): RegExpExecArray => {
    const value = needed(name);
    const found = pattern.exec(value);
    if (found === null) throw new Invalid(name, `is ${JSON.stringify(value.slice(0, 80))}`);
    return found;
  };
  const [, event = ''] = matching('JUJU_DISPATCH_PATH', /^(?:hooks\/)?((?:actions\/)?[^/\s]+)$/);
  const [unit, application = '', number] = matching('JUJU_UNIT_NAME', /^([a-z][a-z0-9-]*)\/(\d+)$/);
  const [, major, minor] = matching('JUJU_VERSION', /^(\d+)\.(\d+)(?:[.-]|$)/);
  const ofRelation = /-relation-(created|joined|changed|departed|broken)$/.test(event);
  return {
    event,
    unit,
    application,
    number: Number(number),
    model: { name: needed('JUJU_MODEL_NAME'), uuid: needed('JUJU_MODEL_UUID') },
    version: [Number(major), Number(minor)],
    charmFolder: needed('JUJU_CHARM_DIR'),
    machine: optional('JUJU_MACHINE_ID'),
    relation: ofRelation
      ? relation(
          matching('JUJU_RELATION_ID', /^([a-z][a-z0-9-]*):(\d+)$/),
          optional('JUJU_REMOTE_APP'),
          optional('JUJU_REMOTE_UNIT'),
        )
      : null,
    departingUnit: optional('JUJU_DEPARTING_UNIT'),
    secret: secretIn(optional),
  };
}

function secretIn(optional: (name: string) => string | null): HookSecret | null {
  const id = optional('JUJU_SECRET_ID');
  const revision = Number(optional('JUJU_SECRET_REVISION')) || null;
  return id === null ? null : { id, label: optional('JUJU_SECRET_LABEL') ?? '', revision };
}

const relation = (
  [, endpoint = '', id]: RegExpExecArray,
  application: string | null,
  unit: string | null,
): HookRelation => ({
  endpoint,
  id: Number(id),
  remoteApplication: application ?? unit?.split('/')[0] ?? null,
  remoteUnit: unit,
});

/**
 * What was wrong with the environment, and what to do.
 *
 * @category A Juju
 *
 * @example
 * ```ts
 * import { renderEnvironment } from 'hookchart/juju';
 *
 * const why = { variable: 'JUJU_UNIT_NAME', why: 'is not set' };
 * const error = { _tag: 'EnvironmentInvalid', class: 'broken', ...why } as const;
 * console.log(renderEnvironment(error).split(':')[0]);
 * // the environment variable JUJU_UNIT_NAME is not set
 * ```
 */
export function renderEnvironment(error: EnvironmentInvalid): string {
  given('renderEnvironment', 'the error', error, { variable: 'text', why: 'text' });
  const { variable, why } = error;
  return `the environment variable ${variable} ${why}: dispatch is to be called by Juju's agent, which sets it`;
}
