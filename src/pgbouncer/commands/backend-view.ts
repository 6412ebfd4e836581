import * as E from 'fp-ts/lib/Either.js';
import type { Grant } from '../../../machines/index.ts';
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

export function viewBackend(
  backend: Backend,
  { owner }: Unit,
  policy: Rules['policy'],
  ledger: () => OpenLedger,
): BackendView {
  const backendTrouble = once(() =>
    backend.ready().then((outcome) => (E.isLeft(outcome) ? outcome.left : null)),
  );
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
    const found = await backend.version();
    return E.isRight(found) ? found.right : null;
  });
  return {
    remarks,
    backendVersion,
    backendReady,
    backendTrouble,
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
