/**
 * What a unit was told once and Juju would say again at the price of a call: it stands in the
 * unit's own state, beside the deferred hooks. Whatever cannot be read is asked anew.
 */
import * as v from 'valibot';
import type { Databag } from '../port.ts';

const known = v.object({
  /** The peer relation, which lives as long as the application. */
  peers: v.nullable(v.string()),
  /** Whether this unit has left it, as one does whose agent was started anew before it goes. */
  hasLeft: v.optional(v.boolean(), false),
  /** The relation with the backend; it is forgotten in the hooks that change it. */
  backend: v.nullable(v.object({ relation: v.string(), application: v.string() })),
  /** The mark of the backend's databag when this unit was last content with all; null since it is not. */
  seen: v.optional(v.nullable(v.string()), null),
  /** Where versions before this one kept what `applicationsKey` says now. */
  applications: v.optional(v.record(v.string(), v.string()), {}),
  /** Where this unit is; asked anew when Juju says that something about it has changed. */
  address: v.nullable(v.object({ bind: v.string(), ingress: v.string() })),
  /** The configuration as the last `config-changed` found it. */
  config: v.nullable(v.record(v.string(), v.unknown())),
});

const applications = v.record(v.string(), v.string());

/** The remote applications of some relations, by the relation's number. */
export type Applications = v.InferOutput<typeof applications>;

const applicationsPrefix = 'applications-';

/** Juju keeps no value of more than 64 KiB: so many relations share one, with names of 63 characters. */
const relationsInPart = 500;

/** Where the remote application of a relation is kept. */
export const applicationsKey = (relation: number): string =>
  `${applicationsPrefix}${Math.floor(relation / relationsInPart)}`;

export function parseApplications(state: Databag, key: string): Applications {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), applications), state[key] ?? '');
  return parsed.success ? parsed.output : {};
}

/** A unit's state without what is known of the model. */
export const withoutKnown = (state: Databag): Databag =>
  Object.fromEntries(
    Object.entries(state).filter(
      ([key]) => key !== knownKey && !key.startsWith(applicationsPrefix),
    ),
  );

export type Known = v.InferOutput<typeof known>;

export const knownKey = 'known';

const nothing: Known = {
  peers: null,
  hasLeft: false,
  backend: null,
  seen: null,
  applications: {},
  address: null,
  config: null,
};

export function parseKnown(state: Databag): Known {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), known), state[knownKey] ?? '');
  return parsed.success ? parsed.output : nothing;
}
