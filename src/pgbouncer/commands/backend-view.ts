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
  ledger: () => Promise<OpenLedger>,
): BackendView {
  const reach = once(backend.ready);
  const remarks: string[] = [];
  let version: Promise<string | null> | null = null;
  const backendVersion = () => {
    version ??= backend.version().then((found) => {
      if (E.isRight(found)) return found.right;
      version = null;
      return null;
    });
    return version;
  };
  return {
    remarks,
    backendVersion,
    backendReady: once(async () => E.isRight(await reach())),
    backendTrouble: async () => {
      const outcome = await reach();
      return E.isLeft(outcome) ? outcome.left : null;
    },
    holdings: async () => {
      const { records } = await ledger();
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
