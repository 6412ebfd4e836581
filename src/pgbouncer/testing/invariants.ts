/** What must hold of PgBouncer's charm, as predicates that a suite can use one by one. */
import { fingerprint } from '../../juju/hook-tools/fingerprint.ts';
import {
  type Invariant as AnyInvariant,
  hooksEnd,
  isHook,
  type Outcome,
  unitsOf,
} from '../../testing/index.ts';
import type { PgbouncerState } from '../memory/index.ts';
import type { Databag } from '../relation/request.ts';
import { eventualViolations } from './at-rest.ts';
import {
  type Life,
  livingRelations,
  namedUnits,
  password,
  runningPoolers,
  saysTls,
  servedRelations,
} from './looking.ts';
import { type PgbouncerWorld, provider, type Shared } from './outside.ts';
import { strayMakers, surplusOf } from './rights.ts';

/** An invariant of PgBouncer's charm. */
export type PgbouncerInvariant = AnyInvariant<Shared, PgbouncerState>;

/** Credentials, once published, log in, do not change, and are announced once, complete. */
export const credentialsWork: PgbouncerInvariant = {
  name: 'I1',
  claims: 'Published credentials log in, never change by themselves, and are announced once.',
  always: (world) => [
    ...livingRelations(world).flatMap(({ id, bag }) => {
      const { username = '', database = '' } = bag;
      const role = world.outside.shared.postgres.roles[username];
      if (role === undefined) return [`relation ${id}: there is no role ${username}`];
      if (role.password !== bag.password)
        return [`relation ${id}: ${username} has another password`];
      return world.outside.shared.postgres.databases[database] === undefined
        ? [`relation ${id}: there is no database ${database}`]
        : [];
    }),
    ...announcements(world),
  ],
  across: (before, _, { world }) =>
    livingRelations(before).flatMap(({ id, bag }) => {
      const now = livingRelations(world).find((life) => life.id === id);
      return now !== undefined && now.bag.password !== bag.password
        ? [`relation ${id}: the published password has changed`]
        : [];
    }),
};

/** Every unit that is named to clients has the database. */
export const endpointsServe: PgbouncerInvariant = {
  name: 'I2',
  claims: 'A unit that is published as an endpoint serves the database.',
  always: (world) => [
    ...bareEndpoints(world),
    ...livingRelations(world).flatMap(({ id, bag }) =>
      namedUnits(world, bag).flatMap((unit) => {
        const pooler = runningPoolers(world)[unit];
        if (pooler === undefined) return [];
        if (!serves(pooler.configuration, bag))
          return [`relation ${id}: ${unit} is published and does not serve ${bag.database}`];
        return lists(pooler, bag) ? [] : [`relation ${id}: ${unit} does not know ${bag.username}`];
      }),
    ),
  ],
  atRest: (world) =>
    servedRelations(world).flatMap(({ id, bag }) => {
      const missing = unitsOf(world, provider).filter(
        (unit) =>
          world.units[unit]?.life === 'alive' &&
          !namedUnits(world, bag).includes(unit) &&
          !(saysTls(bag) && isPlain(world, unit)),
      );
      return missing.map((unit) => `relation ${id}: ${unit} is no endpoint`);
    }),
};

/** Roles live as long as their relations. */
export const rolesBelong: PgbouncerInvariant = {
  name: 'I3',
  claims: 'A relation that lives keeps its role; one that is gone leaves none behind.',
  across: (before, _, { world }) =>
    livingRelations(before).flatMap(({ id, bag: { username = '' } }) =>
      isLiving(world, id) &&
      before.outside.shared.postgres.roles[username] !== undefined &&
      world.outside.shared.postgres.roles[username] === undefined
        ? [`relation ${id}: ${username} was removed while the relation lives`]
        : [],
    ),
  atRest: (world) => {
    const wanted = new Set(servedRelations(world).map(({ bag }) => bag.username));
    return Object.entries(world.outside.shared.postgres.roles).flatMap(([name, { relation }]) =>
      relation === null || wanted.has(name) ? [] : [`role ${name} belongs to nobody`],
    );
  },
};

/** Entries of PgBouncer live as long as a relation uses their database. */
export const entriesBelong: PgbouncerInvariant = {
  name: 'I4',
  claims: 'PgBouncer has a database as long as a relation uses it, and no longer.',
  across: (before, action, { world }) => {
    if (action._tag === 'LosePod') return [];
    return livingRelations(before).flatMap(({ id, bag }) =>
      Object.entries(runningPoolers(before)).flatMap(([unit, pooler]) => {
        const now = runningPoolers(world)[unit];
        const isLost =
          now !== undefined &&
          isLiving(world, id) &&
          serves(pooler.configuration, bag) &&
          !serves(now.configuration, bag);
        return isLost ? [`relation ${id}: ${unit} no longer serves ${bag.database}`] : [];
      }),
    );
  },
  atRest: (world) => {
    const wanted = [...new Set(servedRelations(world).map(({ bag }) => bag.database ?? ''))].sort();
    return Object.entries(world.outside.units).flatMap(([unit, { configuration }]) => {
      const found = configuration.databases
        .filter(({ name, database }) => name === database)
        .map(({ name }) => name);
      return found.join() === wanted.join()
        ? []
        : [`${unit} serves ${found.join() || 'nothing'}; wanted is ${wanted.join() || 'nothing'}`];
    });
  },
};

/** What is secret is shown to nobody, and goes with its relation. */
export const secretsGo: PgbouncerInvariant = {
  name: 'I5',
  claims: 'No password is shown, and the secrets of a relation that is gone are nowhere.',
  always: (world) =>
    Object.entries(world.units).flatMap(([name, { status }]) =>
      password.test(status?.message ?? '') ? [`the status of ${name} shows a password`] : [],
    ),
  across: (_, __, { outcome }) =>
    outcome !== null && isTelling(outcome)
      ? ['what the hook tells of itself shows a password']
      : [],
  atRest: (world) => {
    const { heard, kept } = eventualViolations.passwords(world);
    return kept.filter((secret) => !heard.has(secret)).map((secret) => `${secret} is still kept`);
  },
};

/** No hook fails for good, and none calls the others forth for ever. */
export const hooksRepeat: PgbouncerInvariant = { ...hooksEnd, name: 'I6' };

/** The leader alone writes for the application, and a change of leaders loses nothing. */
export const nothingIsLost: PgbouncerInvariant = {
  name: 'I7',
  claims: 'Only the leader writes application databags, and every request is answered.',
  across: (before, action, { outcome }) => {
    if (!isHook(action) || outcome === null || outcome.isDeposed) return [];
    const isForeign = outcome.failure?.includes('cannot write relation settings') === true;
    const isLeader = before.applications[provider]?.leader === action.unit;
    return isForeign && !isLeader
      ? [`${action.unit} writes for the application and does not lead`]
      : [];
  },
  atRest: (world) => [
    ...eventualViolations.requests(world),
    ...eventualViolations.leftovers(world),
  ],
};

/** What was given for a request goes with it. */
export const grantsEnd: PgbouncerInvariant = {
  name: 'I8',
  claims: 'A role has the rights that its relation is granted at present, and no others.',
  always: (world) =>
    livingRelations(world).flatMap(({ id, bag }) => surplusOf(world, id, bag.username ?? '')),
  atRest: (world) => [
    ...Object.entries(world.outside.shared.postgres.roles).flatMap(([name, { relation }]) =>
      relation === null ? [] : surplusOf(world, relation, name),
    ),
    ...Object.entries(world.outside.units).flatMap(([unit, { configuration }]) =>
      strayMakers(world, configuration).map((name) => `${unit} leads ${name} to any database`),
    ),
  ],
};

export const invariants: readonly PgbouncerInvariant[] = [
  credentialsWork,
  endpointsServe,
  rolesBelong,
  entriesBelong,
  secretsGo,
  hooksRepeat,
  nothingIsLost,
  grantsEnd,
];

const isLiving = (world: PgbouncerWorld, id: number): boolean =>
  livingRelations(world).some((life: Life) => life.id === id);

const telling = new WeakMap<Outcome, boolean>();

function isTelling(outcome: Outcome): boolean {
  let known = telling.get(outcome);
  if (known === undefined) {
    const { run, failure, status } = outcome;
    known = password.test(JSON.stringify([run, failure, status]));
    telling.set(outcome, known);
  }
  return known;
}

/** Who cannot be verified yet lags where clients are told to verify. */
const isPlain = ({ outside: { units } }: PgbouncerWorld, unit: string): boolean =>
  units[unit]?.configuration.clients?.certificate == null;

const serves = (
  { databases }: { readonly databases: readonly { readonly name: string }[] },
  { database }: Databag,
): boolean => databases.some(({ name }) => name === database);

/** A consumer that gets endpoints without credentials takes itself for served. */
const bareEndpoints = ({ relations }: PgbouncerWorld): readonly string[] =>
  Object.entries(relations).flatMap(([id, { applications }]) => {
    const bag = applications[provider] ?? {};
    const hasCredentials = (bag.username ?? bag['secret-user']) !== undefined;
    return bag.endpoints !== undefined && !hasCredentials
      ? [`relation ${id}: endpoints are published without credentials`]
      : [];
  });

/** A pooler lets in whom its userlist has, with the verifier of the password that was published. */
const lists = (
  { configuration: { users } }: PgbouncerState,
  { username = '', password: secret = '' }: Databag,
): boolean =>
  users.some(({ name, verifier }) => name === username && verifier.secret === fingerprint(secret));

/** A requirer hears of its database once, with everything that it needs. */
function announcements(world: PgbouncerWorld): readonly string[] {
  return Object.entries(world.units).flatMap(([name, { heard }]) => {
    const created = heard.filter(({ event }) => event === 'database_created');
    const wrong: string[] = [];
    for (const { relation, fields } of created) {
      const times = created.filter((other) => other.relation === relation).length;
      if (times > 1 && world.relations[relation]?.wasSuspended === false)
        wrong.push(`${name} was told ${times} times that relation ${relation} is served`);
      for (const field of ['database', 'username', 'password', 'endpoints'])
        if (fields[field] === undefined)
          wrong.push(`${name} was told that relation ${relation} is served, without ${field}`);
    }
    return wrong;
  });
}
