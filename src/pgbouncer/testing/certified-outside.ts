/** What PgBouncer's charm has outside of Juju in the simulated model where clients may come by TLS. */
import * as E from 'fp-ts/lib/Either.js';
import type { Opened, Opening, Seen, World } from '../../testing/index.ts';
import type { HookError } from '../errors.ts';
import {
  emptyIdentity,
  emptyPgbouncer,
  type IdentityState,
  MemoryIdentity,
  type PgbouncerState,
} from '../memory/index.ts';
import type { Attempt, Identity, Outside } from '../ports.ts';
import { type FaultName, outside, type Shared, unitActions } from './outside.ts';
import { addressOf } from './reductions.ts';

/** What a unit has of its own where its clients come by TLS: a pooler, and the key beside it. */
export interface CertifiedUnit extends PgbouncerState {
  readonly identity: IdentityState;
}

export type CertifiedWorld = World<Shared, CertifiedUnit>;

const begun: CertifiedUnit = { ...emptyPgbouncer, identity: emptyIdentity };

/** The key goes with the pod, as its file does; the next one is another. */
const begins = (_: string, before: CertifiedUnit | null): CertifiedUnit =>
  before === null ? begun : { ...begun, identity: { ...before.identity, key: null } };

function open(
  { shared, own }: Seen<Shared, CertifiedUnit>,
  hook: Opening<FaultName>,
): Opened<Outside, Shared, CertifiedUnit> {
  const opened = outside.open({ shared, own }, hook);
  const host = addressOf(Number(hook.unit.split('/')[1])).split(':')[0] ?? '';
  const identity = new MemoryIdentity(hook.unit, [host], own.identity);
  return {
    ports: { ...opened.ports, identity: inSteps(identity.hook(), hook) },
    state: (isCommitted) => {
      const now = opened.state(isCommitted);
      return { ...now, own: { ...now.own, identity: identity.state } };
    },
  };
}

/** What writes the key's file, or deletes it, is a step at which a hook may be lost. */
function inSteps(identity: Identity, { step }: Opening<FaultName>): Identity {
  const stepped =
    <Result>(name: string, attempt: Attempt<Result>): Attempt<Result> =>
    async () => {
      const fault = step(name);
      if (fault === 'lost' || fault === 'fails') return E.left(unreached);
      const outcome = await attempt();
      return fault === 'answer lost' ? E.left(unreached) : outcome;
    };
  return {
    ...identity,
    request: (names) => stepped('make a key', identity.request(names)),
    forget: stepped('delete the key', identity.forget),
  };
}

const unreached: HookError = {
  _tag: 'PoolerUnavailable',
  class: 'unavailable',
  where: 'memory',
  why: 'its files are out of reach',
};

export const certifiedOutside = {
  shared: outside.shared,
  unit: { initial: begun, actions: unitActions<CertifiedUnit>(), begins },
  open,
};
