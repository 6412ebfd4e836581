import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { memoryAuthority } from '../../../src/pgbouncer/memory/index.ts';
import { authoritiesIn } from '../../../src/pgbouncer/relation/authorities.ts';
import {
  type Certified as Certificate,
  encodeCertified,
  parseCertified,
} from '../../../src/pgbouncer/relation/certificate.ts';
import { MemoryWorld } from '../../memory-world.ts';

const certificates = 9;
const day = 86_400_000;
const leader = 'p/1';
const units = ['p/0', 'p/1', 'p/2'] as const;

interface Given {
  /** A provider answers a request once, in whatever hook. */
  readonly for: string;
  readonly certificate: string;
  readonly ca: string;
  readonly chain: readonly string[];
  readonly revoked?: boolean;
}

const revoked = (one: Given): Given => ({ ...one, revoked: true });

/** A world with one relation that is served, and with who gives certificates once `relate` says so. */
class Certified extends MemoryWorld {
  readonly authorities = { old: memoryAuthority('old'), new: memoryAuthority('new') };
  by: 'old' | 'new' = 'old';
  isThere = false;
  #given: readonly Given[] = [];

  async relateCertificates(): Promise<void> {
    this.juju.request(certificates, {}, 'certificates');
    this.isThere = true;
    for (const unit of units) await this.certified(unit, 'created');
  }

  certified(unit: string, what: string) {
    const event = { hook: `certificates-relation-${what}`, relation: certificates };
    return this.dispatch(unit, event);
  }

  requestOf(unit: string): string | null {
    const bag = this.juju.databag({ _tag: 'OwnUnit', relation: certificates, unit });
    const text = bag.certificate_signing_requests;
    return text === undefined ? null : JSON.parse(text)[0].certificate_signing_request;
  }

  /** What the provider says to these units, and to nobody else. */
  give(...to: readonly string[]): void {
    if (!this.isThere) return;
    const { ca, certify } = this.authorities[this.by];
    const entries = to.flatMap((unit) => {
      const request = this.requestOf(unit);
      const now = this.identity(unit).now;
      if (request === null) return [];
      const certificate = certify(request, { from: now, until: now + 30 * day });
      const known = this.#given.find((one) => one.for === request && one.ca === ca);
      return [known ?? { for: request, certificate, ca, chain: [certificate, ca] }];
    });
    this.#given = [...this.#given, ...entries];
    this.#say(entries);
  }

  /** The provider takes back what it gave to a unit. */
  revoke(unit: string): void {
    const request = this.requestOf(unit);
    this.#say(this.#given.filter((one) => one.for === request).map(revoked));
  }

  #say(entries: readonly Given[]): void {
    const said = entries.map(({ for: request, ...one }) => ({
      ...one,
      certificate_signing_request: request,
    }));
    this.juju.request(certificates, { certificates: JSON.stringify(said) });
  }

  /** What a unit remembers of its certificate, as another version has left it, or another hook. */
  async altered(unit: string, change: (one: Certificate) => Certificate): Promise<void> {
    const juju = this.juju.hook(unit);
    const state = await juju.state();
    if (E.isLeft(state)) throw new Error('a unit in memory has a state');
    const certificate = encodeCertified(change(parseCertified(state.right.certificate)));
    const status = { name: 'active', message: '' } as const;
    await juju.commit({ bags: [], state: { certificate }, status })();
  }

  async goes(): Promise<void> {
    this.juju.breaking(certificates);
    this.isThere = false;
    for (const unit of units) await this.certified(unit, 'broken');
    this.juju.forget(certificates);
  }

  #shownBy(unit: string): { readonly by: string; readonly until: number } | null {
    const text = this.pooler(unit).configuration.clients?.certificate;
    if (text == null) return null;
    const [, base64 = ''] = text.split('\n');
    return JSON.parse(Buffer.from(base64, 'base64').toString());
  }

  /** By whom the certificate is signed that clients of a unit see; null where they see none. */
  signerOf(unit: string): string | null {
    return this.#shownBy(unit)?.by ?? null;
  }

  /** How long it is good for still. */
  leftOf(unit: string): number {
    return (this.#shownBy(unit)?.until ?? 0) - this.identity(unit).now;
  }

  /** Each unit looks at the provider's answer, and the others at what it has come to. */
  async told(): Promise<void> {
    if (this.isThere) for (const unit of units) await this.certified(unit, 'changed');
    await this.settle();
  }

  /** The units that a databag names, and by whom clients are to verify them. */
  said(relation = 4) {
    const bag = this.own(relation);
    const hosts = `${bag.endpoints},${bag['read-only-endpoints'] ?? ''}`.split(',');
    const named = [...this.endpoints].flatMap(([unit, at]) =>
      at !== null && hosts.includes(at) ? [unit] : [],
    );
    const known = Object.entries(this.authorities).flatMap(([name, { ca }]) =>
      authoritiesIn(bag['tls-ca'] ?? '').includes(ca) ? [name] : [],
    );
    return { tls: bag.tls, named, known };
  }
}

async function served(): Promise<Certified> {
  const world = new Certified();
  await world.relate(4);
  return world;
}

describe('what is said of TLS', () => {
  it('is nothing before all units that are named have a certificate, and then all at once', async () => {
    const world = await served();
    await world.relateCertificates();
    world.give('p/1', 'p/2');
    await world.told();
    expect(units.map((unit) => world.signerOf(unit))).toEqual([null, 'old', 'old']);
    expect(world.said()).toEqual({ tls: 'False', named: [...units], known: [] });
    world.give(...units);
    await world.told();
    expect(world.said()).toEqual({ tls: 'True', named: [...units], known: ['old'] });
  });

  it('names no unit that comes later, until it has one', async () => {
    const world = await served();
    await world.relateCertificates();
    world.give(...units);
    await world.told();
    world.juju.addUnit('p/3');
    await world.settle();
    expect(world.said()).toEqual({ tls: 'True', named: [...units], known: ['old'] });
    await world.certified('p/3', 'created');
    world.give(...units, 'p/3');
    await world.certified('p/3', 'changed');
    await world.settle();
    expect(world.said().named).toEqual([...units, 'p/3']);
  });

  it('holds for a new leader as well, without another word', async () => {
    const world = await served();
    await world.relateCertificates();
    world.give(...units);
    await world.told();
    const before = world.own(4);
    world.juju.leader = 'p/2';
    await world.dispatch('p/2', { hook: 'leader-elected' });
    await world.settle();
    expect(world.own(4)['tls-ca']).toBe(before['tls-ca']);
    expect(world.said()).toMatchObject({ tls: 'True', named: [...units] });
  });

  it('property: is true of all that are named when all is told, and nothing old is left', async () => {
    const action = fc.oneof(
      fc.record({ _tag: fc.constant('Give'), to: fc.subarray([...units]) }),
      fc.record({ _tag: fc.constant('By'), by: fc.constantFrom('old' as const, 'new' as const) }),
      fc.record({ _tag: fc.constant('Hook'), unit: fc.constantFrom(...units) }),
      fc.record({ _tag: fc.constant('Lost'), unit: fc.constantFrom(...units) }),
      fc.record({ _tag: fc.constant('Days'), days: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ _tag: fc.constant('Comes') }),
      fc.record({ _tag: fc.constant('Goes') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
        const world = await served();
        await world.relateCertificates();
        world.give(...units);
        await world.told();
        for (const one of actions) {
          if ('to' in one) world.give(...one.to);
          else if ('by' in one) world.by = one.by;
          else if ('days' in one)
            for (const unit of units) world.identity(unit).now += one.days * day;
          else if ('unit' in one && one._tag === 'Hook') {
            if (world.isThere) await world.certified(one.unit, 'changed');
            await world.reconcile(one.unit);
          } else if ('unit' in one) {
            const { state } = world.identity(one.unit);
            world.identity(one.unit).state = { ...state, key: null };
            await world.dispatch(one.unit, { hook: 'p-pebble-ready' });
          } else if (one._tag === 'Comes' && !world.isThere) await world.relateCertificates();
          else if (one._tag === 'Goes' && world.isThere) await world.goes();
        }
        // Whoever gives certificates answers in the end, also to what is asked for by then.
        for (let round = 0; round < 3; round++) {
          await world.settle();
          world.give(...units);
          await world.told();
        }
        const { tls, named, known } = world.said();
        expect(named).toEqual([...units]);
        const signers = new Set(named.map((unit) => world.signerOf(unit)));
        expect(known).toEqual(world.isThere ? [...signers].sort() : []);
        expect([...signers]).toEqual(world.isThere ? [world.by] : [null]);
        expect(tls).toBe(world.isThere ? 'True' : 'False');
        if (world.isThere)
          for (const unit of units) expect(world.leftOf(unit)).toBeGreaterThan(10 * day);
        else for (const unit of units) expect(world.identity(unit).state.key).toBe(null);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a unit’s certificate', () => {
  it('is not asked for where clients are to come without TLS', async () => {
    const world = await served();
    world.juju.request(certificates, {}, 'certificates');
    const event = { hook: 'certificates-relation-created', relation: certificates };
    await world.dispatch(leader, event, { tls: 'off' });
    expect(world.requestOf(leader)).toBe(null);
    expect(world.identity(leader).state.key).toBe(null);
  });

  it('costs no call, and no look at the key, where nobody gives any', async () => {
    const world = await served();
    const identity = world.identity(leader).hook();
    const looked: string[] = [];
    const seen = Object.fromEntries(
      Object.keys(identity).map((name) => [
        name,
        () => {
          looked.push(name);
          throw new Error('nothing is to be asked here');
        },
      ]),
    );
    const { juju } = world.adapters(leader);
    const bags: string[] = [];
    world.adapters = () => ({
      ...MemoryWorld.prototype.adapters.call(world, leader),
      identity: seen as unknown as typeof identity,
      juju: {
        ...juju,
        read: (wanted) => {
          bags.push(...wanted.map((bag) => JSON.stringify(bag)));
          return juju.read(wanted);
        },
      },
    });
    await world.reconcile(leader);
    expect(looked).toEqual([]);
    expect(bags.join()).not.toContain('OwnUnit');
  });

  it('is not shown where its key is gone, and no longer told of', async () => {
    const world = await served();
    await world.relateCertificates();
    world.give(...units);
    await world.told();
    const { state } = world.identity(leader);
    world.identity(leader).state = { ...state, key: null };
    await world.dispatch(leader, { hook: 'p-pebble-ready' });
    expect(world.signerOf(leader)).toBe(null);
    expect(world.said()).toEqual({ tls: 'False', named: [...units], known: [] });
  });

  it('goes with its own relation, also where another one has come before that', async () => {
    const world = await served();
    await world.relateCertificates();
    world.give(...units);
    await world.told();
    const other = 11;
    world.juju.request(other, {}, 'certificates');
    await world.dispatch(leader, { hook: 'certificates-relation-created', relation: other });
    expect(world.signerOf(leader)).toBe('old');
    world.juju.breaking(certificates);
    await world.certified(leader, 'broken');
    expect(world.signerOf(leader)).toBe(null);
    const own = { _tag: 'OwnUnit', relation: other, unit: leader } as const;
    expect(world.juju.databag(own)).toHaveProperty('certificate_signing_requests');
    expect(world.said()).toMatchObject({ tls: 'False', known: [] });
  });

  it('that has ended before anybody took it is asked for anew', async () => {
    const world = await served();
    await world.relateCertificates();
    world.give(...units);
    await world.told();
    world.identity('p/1').state = { ...world.identity('p/1').state, key: null };
    await world.dispatch('p/1', { hook: 'p-pebble-ready' });
    world.give('p/1');
    for (const unit of units) world.identity(unit).now += 30 * day;
    for (let round = 0; round < 3; round++) {
      await world.settle();
      world.give(...units);
      await world.told();
    }
    expect(units.map((unit) => world.signerOf(unit))).toEqual(['old', 'old', 'old']);
    expect(world.leftOf('p/1')).toBeGreaterThan(10 * day);
  });

  it('that a version before has asked for by the unit’s name is asked for once more, and none that is held', async () => {
    const world = await served();
    await world.relateCertificates();
    world.give('p/1');
    await world.certified('p/1', 'changed');
    // What is merely missing from its databag is no answer, and stays in force.
    world.give();
    const [held, pending] = [world.requestOf('p/1'), world.requestOf('p/2')];
    for (const unit of ['p/1', 'p/2'])
      await world.altered(unit, ({ asked, ...more }) => {
        const { name: _, ...former } = asked ?? { request: '', key: '', names: [] };
        return { ...more, asked: former };
      });
    for (const hook of ['upgrade-charm', 'update-status'])
      for (const unit of ['p/1', 'p/2']) await world.dispatch(unit, { hook });
    expect(world.requestOf('p/1')).toBe(held);
    expect(world.identity('p/1').state.made).toBe(1);
    expect(world.requestOf('p/2')).not.toBe(pending);
    expect(world.identity('p/2').state.made).toBe(2);
  });

  it('is told of where it names the service that clients are told, and the status says where not', async () => {
    const world = await served();
    await world.relateCertificates();
    world.give(...units);
    await world.told();
    expect(world.said()).toMatchObject({ tls: 'True' });
    const service = 'all.svc';
    const later = { hook: 'database-relation-departed', relation: 4, departingUnit: 'a/0' };
    for (const event of [later, { hook: 'config-changed' }]) {
      await world.dispatch(leader, event, { service });
      const unnamed = 'its certificate does not name all.svc, where clients are sent';
      const asking = 'waiting for a certificate from certificates';
      const message = world.juju.status(leader)?.message;
      expect(message).toContain(event === later ? unnamed : asking);
      expect(world.own(4).tls ?? 'False').toBe('False');
    }
    const all = async (hook: string) => {
      for (const unit of [...units, leader]) await world.dispatch(unit, { hook }, { service });
    };
    await all('config-changed');
    world.give(...units);
    const changed = { hook: 'certificates-relation-changed', relation: certificates };
    for (const unit of ['p/1', 'p/2']) await world.dispatch(unit, changed, { service });
    await all('update-status');
    expect(world.own(4)).toMatchObject({ endpoints: 'all.svc:6432', tls: 'True' });
  });

  it('that was revoked is asked for by no key of before, though PgBouncer was not to be told at once', async () => {
    const world = await served();
    await world.relateCertificates();
    world.give(...units);
    await world.told();
    const { key } = world.identity(leader).state;
    world.revoke(leader);
    world.pooler(leader).isUp = false;
    for (const _ of ['told', 'told again']) {
      await world.certified(leader, 'changed');
      expect(world.identity(leader).state.key).toBe(key);
      expect(world.requestOf(leader)).toBe(null);
    }
    world.pooler(leader).isUp = true;
    await world.certified(leader, 'changed');
    const { state } = world.identity(leader);
    expect(state.key).not.toBe(key);
    expect(world.requestOf(leader)).not.toBe(null);
    await world.reconcile(leader);
    expect(world.identity(leader).state).toEqual(state);
    world.give(...units);
    await world.told();
    expect(world.said()).toMatchObject({ tls: 'True', named: [...units] });
  });

  it.each([
    ['the relation went without a word', { tls: 'allow' }, true],
    ['clients are to come without TLS', { tls: 'off' }, false],
  ] as const)('takes its key along, where PgBouncer is down while %s', async (...row) => {
    const [, options, isGone] = row;
    const world = await served();
    await world.relateCertificates();
    world.give(...units);
    await world.told();
    if (isGone) world.juju.forget(certificates);
    world.pooler(leader).isUp = false;
    const { key } = world.identity(leader).state;
    await world.dispatch(leader, { hook: 'update-status' }, options);
    expect(world.identity(leader).state.key).toBe(key);
    world.pooler(leader).isUp = true;
    await world.dispatch(leader, { hook: 'p-pebble-ready' }, options);
    expect(world.identity(leader).state.key).toBe(null);
    expect(world.signerOf(leader)).toBe(null);
    const { made } = world.identity(leader).state;
    await world.dispatch(leader, { hook: 'update-status' }, options);
    expect(world.identity(leader).state).toEqual({ key: null, made });
  });

  it.each([
    ['allow', 'False'],
    ['require', 'True'],
  ] as const)(
    'of a service at %s: where one of its units has none clients are told %s',
    async (tls, told) => {
      const world = await served();
      await world.relateCertificates();
      const options = { service: 'all.svc', tls };
      const all = async (hook: string, relation?: number) => {
        const event = relation === undefined ? { hook } : { hook, relation };
        for (const unit of [...units, leader]) await world.dispatch(unit, event, options);
      };
      await all('config-changed');
      world.give(...units);
      await all('certificates-relation-changed', certificates);
      await all('update-status');
      expect(world.own(4)).toMatchObject({ endpoints: 'all.svc:6432', tls: 'True' });
      const { state } = world.identity('p/0');
      world.identity('p/0').state = { ...state, key: null };
      await world.dispatch('p/0', { hook: 'p-pebble-ready' }, options);
      await world.dispatch(leader, { hook: 'update-status' }, options);
      expect(world.own(4)).toMatchObject({ endpoints: 'all.svc:6432', tls: told });
    },
  );

  it('is asked for once, however often a hook is repeated', async () => {
    const world = await served();
    await world.relateCertificates();
    const request = world.requestOf(leader);
    await world.certified(leader, 'created');
    await world.reconcile(leader);
    expect(world.requestOf(leader)).toBe(request);
    expect(world.identity(leader).state.made).toBe(1);
  });
});
