import { peerRelation } from '../../testing/index.ts';
import type { PgbouncerState } from '../memory/index.ts';
import { type PgbouncerWorld, provider } from './outside.ts';

/** What a record of the ledger says of rights; one that was refused says nothing. */
interface Granted {
  readonly database?: string;
  readonly attributes?: readonly string[];
  readonly roles?: readonly string[];
}

/** The rights of a role that its relation's record in the ledger does not say, in words. */
export function surplusOf(
  world: PgbouncerWorld,
  relation: number,
  name: string,
): readonly string[] {
  const role = world.outside.shared.postgres.roles[name];
  const ledger = world.relations[peerRelation]?.applications[provider] ?? {};
  const record: Granted | null = JSON.parse(ledger[`relation-${relation}`] ?? 'null');
  if (role === undefined || record?.database === undefined) return [];
  const { database, attributes = [], roles = [] } = record;
  const granted = [database, ...attributes, ...roles];
  return [...role.databases, ...role.attributes, ...role.roles].flatMap((right) =>
    granted.includes(right) ? [] : [`relation ${relation}: ${name} has ${right}, unasked`],
  );
}

/** Who is led where there is no entry, and may make no databases there. */
export const strayMakers = (
  { outside: { shared } }: PgbouncerWorld,
  { wildcard }: PgbouncerState['configuration'],
): readonly string[] =>
  wildcard?.users.filter(
    (name) => shared.postgres.roles[name]?.attributes.includes('CREATEDB') !== true,
  ) ?? [];
