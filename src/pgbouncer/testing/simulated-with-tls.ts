import { simulatedCharm, type Topology } from '../../testing/index.ts';
import { pgbouncerCharm } from '../commands/charm.ts';
import { defaultSlices } from '../commands/rules.ts';
import { endpoints } from '../keys.ts';
import { certificatesVerify } from './certificates-verify.ts';
import { certifiedOutside } from './certified-outside.ts';
import { certifying, requirerOrCertifier } from './certifier.ts';
import { forget, reductions } from './reductions.ts';
import { simulated } from './simulated.ts';

const created = `${endpoints.certificates}-relation-created`;

const certifier = (request: Topology['requirers'][string]['request']) => ({
  units: 1,
  request,
  endpoint: endpoints.certificates,
});

/**
 * The same where an application gives certificates, and clients may come by TLS. In an exploration it
 * is the first that is related, and another one can follow it once it is gone.
 *
 * @example
 * ```ts
 * import { simulatedWithTls } from 'hookchart/pgbouncer/testing';
 * import { soak } from 'hookchart/testing';
 *
 * console.log((await soak(simulatedWithTls, { hooks: 50, seed: 1 })).failure);
 * // null
 * ```
 */
export const simulatedWithTls = simulatedCharm({
  ...simulated,
  charm: pgbouncerCharm({ slices: { ...defaultSlices, again: 0 } }),
  endpoints: [...simulated.endpoints, endpoints.certificates],
  limits: { [endpoints.certificates]: 1 },
  requests: [...simulated.requests, ...certifying],
  requirer: requirerOrCertifier,
  outside: certifiedOutside,
  within: { units: 2, crashes: 0, leaderChanges: 1 },
  invariants: [...simulated.invariants, certificatesVerify],
  // Names stand in certificates too, so that units are not taken for each other.
  reductions: {
    isSilent: (hook) => hook.name !== created && reductions.isSilent?.(hook) === true,
    promptsIdle: true,
    followersFirst: true,
    forget,
  },
  explored: ({ units, relations }) => ({
    units,
    requirers: {
      certifier: certifier({ authority: 'first' }),
      ...simulated.explored({ units, relations: Math.max(0, relations - 1) }).requirers,
      successor: certifier({ authority: 'second' }),
    },
  }),
  soaked: (seed) => {
    const topology = simulated.soaked(seed);
    return { ...topology, requirers: { ...topology.requirers, certifier: certifier({}) } };
  },
});
