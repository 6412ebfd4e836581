/** Whether those who work notice anything while others come and go. */
import pg from 'pg';
import { authority } from '../integration/certificates.ts';
import { CertificateGiver } from '../pgbouncer/charm/certificate-giver.ts';
import { RealCharm } from '../pgbouncer/charm/charm.ts';
import type { Tell } from './bench-measure.ts';
import { leader } from './bench-provisioning.ts';

/** So many are related at the same time. */
const together = 10;
const clients = 2;

/**
 * Clients with TLS that they verify, one transaction after the other, half of them with a new session
 * for each, while so many relations are made and removed; the result is how many failed.
 */
export async function failedTransactions(out: Tell, relations: number): Promise<number> {
  const guests = Array.from({ length: Math.min(together, relations) }, (_, at) => `guest-${at}`);
  const charm = await RealCharm.start({
    units: 1,
    hasSecrets: true,
    requirers: Object.fromEntries(
      ['worker', ...guests].map((name) => [name, { units: 1, request: { database: name } }]),
    ),
  });
  const issuer = authority();
  const work: Promise<void>[] = [];
  let isOver = false;
  try {
    await charm.settle();
    charm.certificates = new CertificateGiver(100_001);
    await well(charm, 'certificates-relation-created');
    charm.certificates.give(issuer);
    await well(charm, 'certificates-relation-changed');
    await charm.take({ _tag: 'Relate', application: 'worker' });
    await charm.settle();
    const told = charm.answerOf(1);
    if (told.tls !== 'True') throw new Error(`TLS is not on: ${charm.statusOf(leader)}`);
    const [host = '', port] = (told.endpoints ?? '').split(':');
    const login: pg.ClientConfig = {
      ...{ host, port: Number(port), database: 'worker' },
      ...{ user: told.username ?? '', password: told.password ?? '' },
      ssl: { ca: told['tls-ca'] ?? '', rejectUnauthorized: true },
    };
    const tally = { done: 0, failed: [] as string[] };
    await once(login, async (client) => void (await client.query('CREATE TABLE work (n int)')));
    for (let client = 0; client < clients; client++)
      work.push(worker(login, tally, client % 2 === 0, () => isOver));
    for (let left = relations; left > 0; left -= guests.length)
      await comeAndGo(charm, guests.slice(0, left));
    isOver = true;
    await Promise.all(work);
    const { done, failed } = tally;
    for (const why of new Set(failed)) out(`  a transaction failed: ${why}`);
    out(`  ${done} transactions of ${clients} clients while ${relations} relations came and went`);
    return failed.length;
  } finally {
    isOver = true;
    await Promise.all(work);
    await charm.stop();
    issuer.remove();
  }
}

async function comeAndGo(charm: RealCharm, guests: readonly string[]): Promise<void> {
  for (const application of guests) await charm.take({ _tag: 'Relate', application });
  await charm.settle(20 * guests.length + 200);
  const related = Object.entries(charm.world.relations).filter(([, { requirer }]) =>
    guests.includes(requirer ?? ''),
  );
  if (related.length !== guests.length) throw new Error(`${related.length} of them are related`);
  for (const [relation] of related)
    await charm.take({ _tag: 'RemoveRelation', relation: Number(relation) });
  await charm.settle(20 * guests.length + 200);
}

async function worker(
  login: pg.ClientConfig,
  tally: { done: number; failed: string[] },
  keepsItsSession: boolean,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver())
    try {
      await once(login, async (client) => {
        do {
          await client.query('BEGIN');
          await client.query('INSERT INTO work VALUES (1)');
          await client.query('COMMIT');
          tally.done += 1;
        } while (keepsItsSession && !isOver());
      });
    } catch (problem) {
      tally.failed.push(String(problem));
    }
}

async function once(
  login: pg.ClientConfig,
  use: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client(login);
  client.on('error', () => {});
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

async function well(charm: RealCharm, name: string): Promise<void> {
  const { code, error } = await charm.hook(leader, { name });
  if (code !== 0) throw new Error(`${name}: ${error}`);
  await charm.settle();
}
