/** What a unit remembers of its certificate from hook to hook, and what its provider says of it. */
import * as E from 'fp-ts/lib/Either.js';
import type { Databag, JujuEvent } from '../../juju/port.ts';
import type { Unit } from '../../juju/unit.ts';
import { certificateKey } from '../keys.ts';
import {
  type Certified,
  encodeCertified,
  parseCertified,
  requesting,
} from '../relation/certificate.ts';
import { attempt, halt, once } from './steps.ts';

const ofCertificates = /^certificates-relation-(created|joined|changed|departed|broken)$/;

/** What a unit remembers of its certificate, with what Juju says of the relation in this very hook. */
export interface Remembered {
  readonly certified: () => Promise<Certified>;
  readonly put: (part: Partial<Certified>) => Promise<void>;
  /** What the provider says; null where its relation is not there, for one may go without a word. */
  readonly said: () => Promise<Databag | null>;
  /** Says what is asked for, in that relation, or takes it back. */
  readonly asks: (relation: number, request: string | null) => void;
}

export function rememberedOf(
  { juju }: { readonly juju: Unit },
  { hook, relation: called }: JujuEvent,
): Remembered {
  const what = ofCertificates.exec(hook)?.[1];
  const told = (before: Certified): Certified => {
    if (what === undefined || called === undefined) return before;
    // What was asked for in another relation nobody answers in this one.
    if (what !== 'broken')
      return before.relation === called ? before : { ...before, relation: called, asked: null };
    return {
      ...before,
      relation: before.relation === called ? null : before.relation,
      asked: before.relation === called ? null : before.asked,
      held: before.held?.relation === called ? null : before.held,
    };
  };
  let known: Promise<Certified> | null = null;
  const certified = (): Promise<Certified> => {
    known ??= juju.state().then((state) => told(parseCertified(state[certificateKey])));
    return known;
  };
  return {
    certified,
    put: async (part) => {
      const next = { ...(await certified()), ...part };
      known = Promise.resolve(next);
      juju.remember({ [certificateKey]: encodeCertified(next) });
    },
    said: once(async () => {
      const { relation: id } = await certified();
      if (id === null) return null;
      const outcome = await attempt(() => juju.remote(id))();
      if (E.isRight(outcome)) return outcome.right;
      const { left } = outcome;
      return left._tag === 'ModelRefused' && /not found/.test(left.why) ? null : halt(left);
    }),
    asks: (relation, request) =>
      juju.write({ _tag: 'OwnUnit', relation, unit: juju.name }, requesting(request)),
  };
}

/** Takes back the request, and has no certificate any more; the key goes when PgBouncer knows. */
export async function forgetAll({ certified, put, said, asks }: Remembered): Promise<void> {
  const { relation: id } = await certified();
  const isThere = id !== null && (await said()) !== null;
  if (isThere) asks(id, null);
  await put({ relation: isThere ? id : null, asked: null, held: null, keyGoes: true });
}
