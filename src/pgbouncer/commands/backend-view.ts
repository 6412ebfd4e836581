import * as E from 'fp-ts/lib/Either.js';
import type { Grant } from '../../../machines/index.ts';
import type { JujuEvent } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import type { HookError } from '../errors.ts';
import { type BackendEndpoints, unusedReplicas } from '../pooler/configuration.ts';
import type { Backend, Holdings } from '../ports.ts';
import { allowedOf } from '../relation/extra-roles.ts';
import { grantOf } from '../relation/grant.ts';
import type { OpenLedger } from './open-ledger.ts';
import type { Rules } from './rules.ts';
import { once, take } from './steps.ts';

/** What one hook has of PostgreSQL without changing it; each thing is asked for once. */
export interface BackendView {
  readonly backendReady: () => Promise<boolean>;
  /** Why the backend is not ready; null where it is. */
  readonly backendTrouble: () => Promise<HookError | null>;
  /** What the next hook makes there for the deployment itself; empty where that is not looked for. */
  readonly backendLacks: () => Promise<readonly string[]>;
  /** The server's version; null where it cannot be had now. */
  readonly backendVersion: () => Promise<string | null>;
  /** The same, where the backend is ready. */
  readonly readyVersion: () => Promise<string | null>;
  /** What this deployment has on the backend, as far as it may be had by now. */
  readonly holdings: () => Promise<Holdings>;
  /** Where the backend listens; null while there is none. */
  readonly endpoints: () => Promise<BackendEndpoints | null>;
  /** What all goes without, as far as this hook has asked where the backend listens. */
  readonly remarks: readonly string[];
}

/** Actions that look, and have nothing done. */
const looking: ReadonlySet<string> = new Set(['actions/plan', 'actions/show-relations']);

export function viewBackend(
  backend: Backend,
  { owner }: Unit,
  policy: Rules['policy'],
  ledger: () => OpenLedger,
  called: JujuEvent,
): BackendView {
  // Who asks what would be done has nothing made by asking.
  const look = looking.has(called.hook) && backend.look !== undefined ? once(backend.look) : null;
  const backendTrouble = once(async () => {
    const outcome = await (look ?? backend.ready)();
    return E.isLeft(outcome) ? outcome.left : null;
  });
  const backendReady = once(() => backendTrouble().then((trouble) => trouble === null));
  const remarks: string[] = [];
  /** One that cannot be had is asked for again. */
  const untilThere = (ask: () => Promise<string | null>) => {
    let asked: Promise<string | null> | null = null;
    return () => {
      asked ??= ask().then((found) => {
        if (found === null) asked = null;
        return found;
      });
      return asked;
    };
  };
  const backendVersion = untilThere(async () => {
    if (look === null) {
      const found = await backend.version();
      return E.isRight(found) ? found.right : null;
    }
    const found = await look();
    return E.isRight(found) ? found.right.version : null;
  });
  return {
    remarks,
    backendVersion,
    backendReady,
    backendTrouble,
    backendLacks: async () => {
      const found = await look?.();
      return found !== undefined && E.isRight(found) ? found.right.toMake : [];
    },
    readyVersion: untilThere(async () => ((await backendReady()) ? backendVersion() : null)),
    holdings: async () => {
      const { records } = ledger();
      const version = await backendVersion();
      const grants: Grant[] = [];
      for (const record of records.values()) {
        const grant = grantOf(record);
        if (grant === null) continue;
        grants.push(version === null ? grant : allowedOf(grant, policy, version));
      }
      return { owner, grants };
    },
    endpoints: once(async () => {
      const found = await take(backend.endpoints);
      if (found !== null) remarks.push(...unusedReplicas(found));
      return found;
    }),
  };
}
