import assert from 'node:assert/strict';
import { type ConformanceCase, cases, done } from '../../../testing/index.ts';
import type { Identity } from '../../ports.ts';

/** An adapter of the unit's identity, and who certifies what it asks for. */
export interface IdentitySubject {
  /** What one hook sees; each call is another process on the same unit. */
  readonly hook: () => Identity;
  /** The certificate of an authority, as PEM. */
  readonly authority: string;
  /** The certificate of another one, which has signed nothing. */
  readonly stranger: string;
  /** What the authority makes of a signing request; it is in force now. */
  readonly certify: (request: string) => Promise<string>;
}

/** What every keeper of a unit's key holds to. */
export const identityConformance = (
  make: () => Promise<IdentitySubject>,
): readonly ConformanceCase[] =>
  cases(make, {
    'has no key before one was asked for': async ({ hook }) => {
      assert.equal(await done(hook().key), null);
    },
    'names where clients come to it, sorted': async ({ hook }) => {
      const names = await done(hook().names);
      assert.ok(names.length > 0, 'nobody could come to it');
      assert.deepEqual(names, [...names].sort());
    },
    'has kept the key by which it asks, for the next hook': async ({ hook }) => {
      const { key } = await done(hook().request(asked));
      assert.notEqual(key, '');
      assert.equal(await done(hook().key), key);
    },
    'asks anew by the same key, and never in the same words': async ({ hook }) => {
      const first = await done(hook().request(asked));
      const second = await done(hook().request(asked));
      assert.equal(second.key, first.key);
      assert.notEqual(second.request, first.request);
    },
    'forgets its key, and may be told so twice': async ({ hook }) => {
      const { key } = await done(hook().request(asked));
      await done(hook().forget);
      await done(hook().forget);
      assert.equal(await done(hook().key), null);
      assert.notEqual((await done(hook().request(asked))).key, key);
    },
    'is certified for the names and the key with which it asks': async (subject) => {
      const { facts, key } = await certified(subject, [subject.authority]);
      assert.equal(facts?.key, key);
      assert.deepEqual([...(facts?.names ?? [])].sort(), asked);
      assert.equal(facts?.isAuthority, false);
    },
    'says from when until when a certificate is in force': async (subject) => {
      const { facts } = await certified(subject, [subject.authority]);
      const now = subject.hook().now();
      assert.ok(facts !== null && facts.from <= now && now < facts.until);
    },
    'knows who has signed a certificate': async (subject) => {
      const by = async (...authorities: readonly string[]) =>
        (await certified(subject, authorities)).facts?.isIssued;
      assert.equal(await by(subject.stranger, subject.authority), true);
      assert.equal(await by(subject.stranger), false);
      assert.equal(await by(), false);
    },
    'reads nothing where there is no certificate': async ({ hook, authority }) => {
      const { request } = await done(hook().request(asked));
      for (const text of ['', 'no certificate', request])
        assert.equal(hook().examine(text, [authority]), null);
    },
    "takes an authority's certificate for nobody else's": async ({ hook, authority }) => {
      assert.notEqual(hook().examine(authority, [authority])?.isAuthority, false);
    },
    'knows of nobody that has signed by what cannot be read': async (subject) => {
      const { facts } = await certified(subject, ['no certificate']);
      assert.notEqual(facts?.isIssued, true);
    },
  });

/** As `names` gives them: sorted. */
const asked = ['10.0.0.7', 'pooler.example'];

async function certified({ hook, certify }: IdentitySubject, authorities: readonly string[]) {
  const { request, key } = await done(hook().request(asked));
  return { key, facts: hook().examine(await certify(request), authorities) };
}
