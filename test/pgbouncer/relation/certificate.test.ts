import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  authoritiesIn,
  covers,
  markOf,
  together,
} from '../../../src/pgbouncer/relation/authorities.ts';
import {
  answerTo,
  type CertificateFacts,
  type Certified,
  commonNameOf,
  encodeCertified,
  isAskedFor,
  isDue,
  objectionTo,
  parseCertified,
  requesting,
} from '../../../src/pgbouncer/relation/certificate.ts';

const hour = 3_600_000;
const pem = (text: string): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(text).toString('base64')}\n-----END CERTIFICATE-----\n`;

describe('a certificate', () => {
  const facts: CertificateFacts = {
    key: 'key',
    names: ['pgb-0', '10.0.0.1', 'fd00::1', '*.wild.example'],
    from: 0,
    until: 1_000,
    isAuthority: false,
    isIssued: true,
  };
  const wanted = { key: 'key', host: 'pgb-0', now: 500 };

  it.each([
    ['fits', facts, {}, null],
    ['fits by its address', facts, { host: '10.0.0.1' }, null],
    ['fits by its address of IPv6', facts, { host: 'FD00::1' }, null],
    ['fits by one label that may be any', facts, { host: 'a.wild.example' }, null],
    ['where nobody knows yet where clients come', facts, { host: null }, null],
    ['not by two labels', facts, { host: 'a.b.wild.example' }, 'does not name a.b.wild.example'],
    ['not by none', facts, { host: 'wild.example' }, 'does not name wild.example'],
    ['cannot be read', null, {}, 'cannot be read'],
    ['signs others', { ...facts, isAuthority: true }, {}, 'to sign others with'],
    ['is of another key', facts, { key: 'other' }, 'is of another key'],
    ['is of a key that is gone', facts, { key: null }, 'is of another key'],
    ['is signed by somebody else', { ...facts, isIssued: false }, {}, 'is not signed by'],
    ['has ended', facts, { now: 1_000 }, 'has ended'],
  ] as const)('%s', (_, said, other, why) => {
    const objection = objectionTo(said, { ...wanted, ...other });
    if (why === null) expect(objection).toBe(null);
    else expect(objection).toContain(why);
  });

  it('is renewed when a third of its time is left, or when its provider would have it so', () => {
    const month = { from: 0, until: 720 * hour };
    expect(isDue(month, null, 480 * hour - 1)).toBe(false);
    expect(isDue(month, null, 480 * hour)).toBe(true);
    expect(isDue(month, 24, 695 * hour)).toBe(false);
    expect(isDue(month, 24, 696 * hour)).toBe(true);
    // A time before its beginning is no time; and some providers count backwards.
    expect(isDue(month, 721, 1)).toBe(false);
    expect(isDue(month, -24, 696 * hour)).toBe(true);
  });

  it('is asked for anew where the key or the names are others', () => {
    const asked = { request: 'request', key: 'key', names: ['a', 'b'] };
    expect(isAskedFor(asked, { key: 'key', names: ['a', 'b'] })).toBe(true);
    expect(isAskedFor(asked, { key: 'key', names: ['a'] })).toBe(false);
    expect(isAskedFor(asked, { key: null, names: ['a', 'b'] })).toBe(false);
    expect(isAskedFor(null, { key: 'key', names: [] })).toBe(false);
  });

  it('is asked for by the most qualified of its names that a common name has room for', () => {
    expect(commonNameOf(['10.0.0.1', 'p', 'p.test', 'p.test.svc', 'p-0.p.test.svc'])).toBe(
      'p-0.p.test.svc',
    );
    const fits = `${'a'.repeat(60)}.svc`;
    expect(commonNameOf([fits, 'b.svc', 'c'])).toBe(fits);
    expect(commonNameOf([`a${fits}`, 'b.svc', 'c'])).toBe('b.svc');
    expect(commonNameOf([`a${fits}`, '10.0.0.1', 'fd00::1', '::1'])).toBe(null);
  });
});

describe('what a provider says', () => {
  const [leaf, between, root] = [pem('leaf'), pem('between'), pem('root')];
  const entry = {
    certificate_signing_request: '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END…\n',
    certificate: leaf,
    ca: root,
  };
  const asked = entry.certificate_signing_request;
  const said = (...entries: readonly object[]) =>
    answerTo(asked, { certificates: JSON.stringify(entries) });

  it('is taken with what is between it and its authority, however that comes', () => {
    const given = { _tag: 'Given', certificate: leaf, hours: null };
    expect(said(entry)).toEqual({ ...given, chain: [], authorities: [root] });
    // As the library has it: from the certificate up to the root.
    const chained = { ...given, chain: [between, root], authorities: [root, between] };
    expect(said({ ...entry, chain: [leaf, between, root] })).toEqual(chained);
    expect(said({ ...entry, certificate: leaf + between, chain: [root] })).toEqual(chained);
    expect(said({ ...entry, ca: leaf, chain: [leaf] })).toMatchObject({ authorities: [leaf] });
    const noted = { ...entry, chain: null, recommended_expiry_notification_time: 48, more: 1 };
    expect(said(noted)).toMatchObject({ hours: 48 });
    const trimmed = { ...entry, certificate_signing_request: asked.trim().replace('\n', '\r\n') };
    expect(said(trimmed)).toMatchObject({ _tag: 'Given' });
  });

  it('to others, nothing, or that it takes something back, is told from that', () => {
    expect(answerTo(asked, {})).toEqual({ _tag: 'Nothing' });
    expect(said({ ...entry, certificate_signing_request: 'other' })).toEqual({ _tag: 'Nothing' });
    expect(said({ ...entry, revoked: false })).toMatchObject({ _tag: 'Given' });
    expect(said({ ...entry, revoked: true })).toEqual({ _tag: 'Revoked' });
  });

  it('of a refusal is its own sentence, on one line and not too long; a certificate is more than that', () => {
    const refusing = (error: unknown, certificates = '', csr: unknown = asked) =>
      answerTo(asked, { certificates, request_errors: JSON.stringify([7, { csr, error }]) });
    const error = { code: 101, name: 'IP_NOT_ALLOWED', message: 'Not by address.' };
    const why = '101 IP_NOT_ALLOWED: Not by address';
    expect(refusing(error)).toEqual({ _tag: 'Refused', why });
    expect(refusing(error, JSON.stringify([]))).toEqual({ _tag: 'Refused', why });
    expect(refusing({ ...error, reason: ' the\nrole ' })).toMatchObject({
      why: `${why} (the role)`,
    });
    for (const nothing of [{}, null, 'no', { code: [], message: 4 }])
      expect(refusing(nothing)).toEqual({ _tag: 'Refused', why: 'it does not say why' });
    expect(refusing({ message: 'No' })).toMatchObject({ why: 'No' });
    const long = refusing({ ...error, message: `\u001b${'x'.repeat(9_000)}` });
    expect(long).toMatchObject({ why: expect.stringMatching(/^101 IP_NOT_ALLOWED: \\u001bx+…$/) });
    expect('why' in long && long.why.length).toBeLessThanOrEqual(300);
    for (const csr of ['other', '', 4, null])
      expect(refusing(error, '', csr)).toEqual({ _tag: 'Nothing' });
    expect(refusing(error, JSON.stringify([entry]))).toMatchObject({ _tag: 'Given' });
    for (const text of ['', 'no JSON', '{}', '[null]', '7'])
      expect(answerTo(asked, { request_errors: text })).toEqual({ _tag: 'Nothing' });
  });

  it('property: is never thrown at, and what is kept of it has a bound', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.array(fc.record({ certificate_signing_request: fc.constant(asked), ca: fc.string() })),
      fc.constant([{ ...entry, chain: Array.from({ length: 2_000 }, (_, at) => pem(`${at}`)) }]),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const certificates = typeof text === 'string' ? text : JSON.stringify(text);
        const answered = answerTo(asked, { certificates });
        expect(JSON.stringify(answered).length).toBeLessThan(50_000);
        expect(['Nothing', 'Unreadable']).toContain(answered._tag);
      }),
    );
  });
});

describe('what a unit remembers of its certificate', () => {
  it('is read back, and what cannot be read is asked for anew', () => {
    const whole: Certified = {
      relation: 7,
      asked: { request: 'request', key: 'key', names: ['a'] },
      held: {
        ...{ relation: 7, request: 'request', key: 'key', hours: 3 },
        ...{ certificate: 'c', chain: ['d'], authorities: ['e'] },
      },
    };
    expect(parseCertified(encodeCertified(whole))).toEqual(whole);
    const nothing = { relation: null, asked: null, held: null };
    expect(encodeCertified(nothing)).toBe('');
    for (const text of [undefined, '', 'no JSON', '{"relation":"7"}'])
      expect(parseCertified(text)).toEqual(nothing);
  });

  it('is asked for in the form of the interface, and taken back', () => {
    const { certificate_signing_requests: text = '' } = requesting('request\n');
    expect(JSON.parse(text)).toEqual([{ certificate_signing_request: 'request', ca: false }]);
    expect(requesting(null)).toEqual({ certificate_signing_requests: '' });
  });
});

describe('authorities', () => {
  const [one, two, three] = [pem('one'), pem('two'), pem('three')];

  it('of several units stand together, each once, in the same order always', () => {
    expect(together([one + two, two, '', three + one])).toBe(together([three, two, one]));
    expect([...authoritiesIn(together([one + two, two]))].sort()).toEqual([one, two].sort());
    expect(together(['', ''])).toBe('');
  });

  it('are known by a mark, which says whom it covers', () => {
    const mark = markOf(one + two);
    expect(mark).toBe(markOf(two + one));
    expect(mark.length).toBeLessThan(32);
    expect(covers(mark, one)).toBe(true);
    expect(covers(mark, two + one)).toBe(true);
    expect(covers(mark, three)).toBe(false);
    expect(covers(mark, one + three)).toBe(false);
    expect(covers(mark, '')).toBe(false);
  });
});
