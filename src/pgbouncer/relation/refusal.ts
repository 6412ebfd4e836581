import type { Refusal } from '../../../machines/index.ts';
import { printable } from '../../juju/hook-tools/printable.ts';

export type { Refusal };

/** A refusal as requirers are told of it: `status` of `data_interfaces`, v0 from 55 on and v1. */
export interface Told {
  /** Thousands say what kind it is; with 4 it passes when the request changes. */
  readonly code: number;
  readonly message: string;
  readonly resolution: string;
}

/** What was refused, and what to do about it. */
export const renderRefusal = (refusal: Refusal): string =>
  refusal._tag === 'RequestWithdrawn'
    ? `relation ${refusal.relation} is gone or asks for no database; nothing is left to do`
    : `relation ${refusal.relation}: ${parts(refusal).join('; ')}`;

/** The same for the requirer; null where it asks for nothing. */
export function toldOf(refusal: Refusal): Told | null {
  if (refusal._tag === 'RequestWithdrawn') return null;
  const [message, resolution] = parts(refusal);
  return { code: codes[refusal._tag], message: printable(message), resolution };
}

/** They mean the same in every version: charms may act on them. */
const codes = {
  RequestInvalid: 4001,
  RequestChanged: 4002,
  RoleNotAllowed: 4003,
  RoleNotGrantable: 4004,
  RoleTaken: 4005,
  DatabaseTaken: 4006,
  NotAccepted: 4007,
} as const;

function parts(
  refusal: Exclude<Refusal, { readonly _tag: 'RequestWithdrawn' }>,
): [what: string, remedy: string] {
  switch (refusal._tag) {
    case 'RequestInvalid':
      return [`${refusal.field} ${refusal.why}`, 'change the request'];
    case 'RequestChanged':
      return [
        `${refusal.field} was ${refusal.served} and is now ${refusal.requested}`,
        'change it back, or remove the relation and relate again',
      ];
    case 'RoleNotAllowed': {
      const [why, remedy] = notAllowedBecause[refusal.because];
      return [`extra-user-roles asks for "${refusal.role}", ${why}`, remedy];
    }
    case 'RoleNotGrantable':
      return [
        `extra-user-roles asks for "${refusal.role}", which is no role of the backend that may be granted`,
        'change the request',
      ];
    case 'RoleTaken':
      return [
        `the backend has a role "${refusal.role}" that this deployment did not make`,
        'rename or drop it',
      ];
    case 'DatabaseTaken':
      return [
        `database "${refusal.database}" exists and belongs to "${refusal.takenBy}", which this deployment did not make`,
        `ask for another name, or hand it over to "${refusal.handOver}" as docs/hooks/database.md tells`,
      ];
    case 'NotAccepted':
      return [
        `${refusal.by} does not ${refusal.what}: ${refusal.why}`,
        'it is tried again with each update-status, or change the request',
      ];
  }
}

const notAllowedBecause = {
  unlisted: [
    'which the option allowed-extra-roles does not allow',
    'change the request, or name it in the option',
  ],
  never: ['which is never granted', 'change the request'],
  version: [
    'which before PostgreSQL 16 reaches the roles of others, and so is not allowed',
    'change the request, or name it in the option allowed-extra-roles',
  ],
} as const;
