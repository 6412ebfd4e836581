import type { Databag } from './port.ts';

/** One relation of a Juju in memory. */
export interface MemoryRelation {
  /** Null where it is of whatever endpoint is asked for. */
  readonly endpoint: string | null;
  remote: Databag;
  /** Of the other application, by name. */
  units: ReadonlyMap<string, Databag>;
  own: Databag;
  /** What this application's units say in it, by name. */
  readonly ownUnits: Map<string, Databag>;
  /** False once it is breaking: Juju no longer lists it, and its databags can still be read. */
  listed: boolean;
}

/** A relation that is there from now on; one that was there keeps what was said in it. */
export const related = (
  known: MemoryRelation | undefined,
  remote: Databag,
  endpoint: string | null,
): MemoryRelation => ({
  endpoint: known?.endpoint ?? endpoint,
  remote,
  units: known?.units ?? new Map(),
  own: known?.own ?? {},
  ownUnits: known?.ownUnits ?? new Map(),
  listed: true,
});

/** The ids of an endpoint's relations, as Juju lists them. */
export function listedIn(
  relations: ReadonlyMap<number, MemoryRelation>,
  endpoint: string,
): readonly number[] {
  const ids: number[] = [];
  for (const [id, one] of relations)
    if (one.listed && (one.endpoint ?? endpoint) === endpoint) ids.push(id);
  return ids;
}
