import type pg from 'pg';
import { bagKeys } from '../keys.ts';
import { maskedDatabag } from '../relation/masking.ts';
import type { Databag } from '../relation/request.ts';
import { CertificateGiver } from './certificates.ts';
import type { DemoOutcome } from './demo.ts';
import { leftovers } from './leftovers.ts';
import { databagTable } from './narrate.ts';
import { Teller } from './teller.ts';

const [relation, second, third, certificates] = [4, 7, 9, 11];
const request: Databag = {
  database: 'application_first_database',
  [bagKeys.extraUserRoles]: 'CREATEDB,CREATEROLE',
};

/** The life of a `database` relation, hook by hook, and a client that has nothing but the databag. */
export class Story extends Teller {
  async tellAll(): Promise<DemoOutcome> {
    const { juju } = this.world;
    const units = juju.units.map((unit) => ({
      unit,
      leader: unit === juju.leader,
      endpoint: this.endpointOf(unit),
    }));
    for (const { unit, leader, endpoint } of units)
      this.tell(`  ${unit}${leader ? ' (leader)' : ''} pools at ${endpoint}\n`);

    const databag = await this.#request();
    const session = await this.#use();
    await this.#certify(session);
    await this.#relateAnother(session);
    await this.#operate();
    await this.#loseLeader();
    await this.#outage();
    await this.#remove();
    await this.#leaveNothing();

    const { checks } = this;
    const failed = checks.filter(({ ok }) => !ok).length;
    this.tell(`\n${checks.length - failed} checks hold, ${failed} fail.\n`);
    return { ok: failed === 0, units, databag, checks };
  }

  async #request(): Promise<DemoOutcome['databag']> {
    this.chapter('The application asks for a database');
    this.asks(relation, request);
    await this.everyone({ hook: 'database-relation-changed', relation });
    await this.newsGoRound();
    const published = this.published(relation);
    this.tell(`\n${databagTable(relation, request, published)}\n`);
    await this.check('credentials are published, all at once and complete', async () => {
      const wanted = ['username', 'password', 'database', 'endpoints', 'version', 'data'];
      const missing = wanted.filter((key) => !published[key]);
      return [missing.length === 0, missing.length === 0 ? 'nothing is missing' : `${missing}`];
    });
    return { application: request, 'pgbouncer-k8s': maskedDatabag(published) };
  }

  async #use(): Promise<pg.Client> {
    this.chapter('The client, with nothing but the databag');
    const bag = this.published(relation);
    const client = await this.login(bag);
    await this.check('the client logs in through the leader and makes a table', async () => {
      await client.query('CREATE TABLE greeting (word text)');
      const { rowCount } = await client.query("INSERT INTO greeting VALUES ('hello')");
      return [rowCount === 1, `${rowCount} row written`];
    });
    await this.check('extra-user-roles are in force', async () => {
      const { rows } = await client.query(
        'SELECT rolcreatedb AND rolcreaterole AS granted, rolsuper FROM pg_roles WHERE rolname = session_user',
      );
      return [rows[0]?.granted === true && rows[0]?.rolsuper === false, JSON.stringify(rows[0])];
    });
    await this.check('a follower reads the row from the replica', async () => {
      await this.world.replicated();
      const reader = await this.login(bag, {
        key: bagKeys.readOnlyEndpoints,
        database: `${bag.database}_readonly`,
      });
      const { rows } = await reader.query(
        'SELECT word, pg_is_in_recovery() AS replica FROM greeting',
      );
      await reader.end();
      return [rows[0]?.word === 'hello' && rows[0]?.replica === true, JSON.stringify(rows)];
    });
    return client;
  }

  async #certify(session: pg.Client): Promise<void> {
    this.chapter('Somebody gives certificates');
    const giver = new CertificateGiver(this.world.juju, certificates);
    this.happens(`relation ${certificates} gives certificates`);
    const hook = (what: string) =>
      this.everyone({ hook: `certificates-relation-${what}`, relation: certificates });
    await hook('created');
    giver.give();
    await hook('changed');
    await this.newsGoRound();
    await this.check('clients come by TLS, and verify every unit', async () => {
      const bag = this.published(relation);
      for (const key of [bagKeys.endpoints, bagKeys.readOnlyEndpoints])
        await (await this.login(bag, { key })).end();
      return [bag.tls === 'True' && bag[bagKeys.tlsAuthorities] !== '', `tls is ${bag.tls}`];
    });
    await this.check('the open session, without TLS, lives on', async () => {
      const { rows } = await session.query('SELECT word FROM greeting');
      return [rows.length === 1, 'the same connection answers'];
    });
  }

  async #relateAnother(session: pg.Client): Promise<void> {
    this.chapter('A second application relates');
    this.asks(second, { database: 'second_database' });
    await this.everyone({ hook: 'database-relation-changed', relation: second });
    await this.newsGoRound();
    await this.check('the first one’s open session lives on', async () => {
      const { rows } = await session.query('SELECT word FROM greeting');
      return [rows.length === 1, 'the same connection answers'];
    });
    await session.end();
  }

  async #operate(): Promise<void> {
    this.chapter('An operator looks, and rotates a password');
    const { leader } = this.world.juju;
    if (leader === null) throw new Error('nobody leads');
    await this.act(leader, 'show-relations', { relation: second });
    const { says } = await this.act(leader, 'plan', {});
    await this.check('the action plan finds nothing to do', async () => [
      String(says).startsWith('nothing'),
      String(says),
    ]);
    const before = this.published(second);
    const session = await this.login(before);
    // This Juju has no secrets, by which the application would hear of it.
    await this.act(leader, 'rotate-password', { relation: second, force: true });
    await this.newsGoRound();
    await this.check('an open session lives on, whose password is replaced', async () => {
      const { rowCount } = await session.query('SELECT');
      await session.end();
      return [rowCount === 1, 'the same connection answers'];
    });
    await this.check('the new password lets in, and the old one does not', async () => {
      await (await this.login(this.published(second))).end();
      return this.#isRefused(before);
    });
  }

  async #loseLeader(): Promise<void> {
    this.chapter('The leader dies, another unit is elected');
    const { juju } = this.world;
    const [dead, elected] = ['pgbouncer-k8s/1', 'pgbouncer-k8s/0'];
    await this.world.pooler(dead).kill();
    juju.removeUnit(dead);
    this.happens(`${dead} dies`, dead);
    juju.leader = elected;
    this.happens(`${elected} becomes the leader`);
    await this.hook(elected, { hook: 'leader-elected' });
    await this.newsGoRound();
    const bag = this.published(relation);
    await this.check('the endpoints move to units that live', async () => {
      const gone = this.endpointOf(dead);
      const published = `${bag.endpoints} and ${bag[bagKeys.readOnlyEndpoints]}`;
      return [bag.endpoints === this.endpointOf(elected) && !published.includes(gone), published];
    });
    await this.check('the client goes on with the credentials it has', async () => {
      const client = await this.login(bag);
      const { rows } = await client.query('SELECT word FROM greeting');
      await client.end();
      return [rows.length === 1, `through ${bag.endpoints}, by TLS`];
    });
  }

  async #outage(): Promise<void> {
    this.chapter('PostgreSQL is down when a third application asks');
    await this.world.primary.stop();
    this.happens('PostgreSQL goes down');
    this.asks(third, { database: 'third_database' });
    await this.everyone({ hook: 'database-relation-changed', relation: third });
    this.chapter('PostgreSQL comes back');
    await this.world.primary.start();
    this.happens('PostgreSQL comes up');
    await this.everyone({ hook: 'update-status' });
    await this.newsGoRound();
    await this.check('what was deferred is served, though nobody has asked again', async () => {
      const bag = this.published(third);
      const client = await this.login(bag);
      await client.end();
      return [true, `${bag.username} logs in`];
    });
    this.chapter('The third relation is removed');
    await this.removeRelation(third);
  }

  async #remove(): Promise<void> {
    this.chapter('The first relation is removed');
    const bag = this.published(relation);
    await this.removeRelation(relation);
    await this.check('the login is refused', () => this.#isRefused(bag));
    await this.check('the second application is still served', async () => {
      const other = this.published(second);
      const client = await this.login(other);
      await client.end();
      return [true, `${other.username} logs in`];
    });
    this.chapter('The second relation is removed');
    await this.removeRelation(second);
  }

  async #leaveNothing(): Promise<void> {
    this.chapter('What is left');
    for (const [name, body] of Object.entries(leftovers(this.world))) await this.check(name, body);
  }

  async #isRefused(bag: Databag): Promise<[ok: boolean, detail: string]> {
    try {
      await this.login(bag);
      return [false, 'it was let in'];
    } catch (error) {
      return [true, (error as Error).message];
    }
  }
}
