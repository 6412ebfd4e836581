/** What may be left when every relation is gone, and is not to be. */
import { readFileSync } from 'node:fs';
import { isRecordKey } from '../keys.ts';
import type { World } from './world.ts';

/** Checks by what they hold, each with what was found. */
export const leftovers = (
  world: World,
): Readonly<Record<string, () => Promise<[ok: boolean, detail: string]>>> => ({
  'the roles are gone': async () => {
    const admin = await world.primary.connect();
    try {
      const { rows } = await admin.query(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'relation_id_%'",
      );
      return [rows.length === 0, `${rows.length} roles of relations`];
    } finally {
      await admin.end();
    }
  },
  'no PgBouncer serves their databases': async () => {
    const entries = world.juju.units.flatMap((unit) =>
      readFileSync(world.pooler(unit).process.iniFile, 'utf8')
        .split('[databases]\n')[1]
        ?.split('\n')
        .filter((line) => line !== ''),
    );
    const serving = world.juju.units.map(
      (unit) => world.juju.databag({ _tag: 'PeerUnit', unit }).serving,
    );
    const isEmpty = entries.length === 0 && serving.every((names) => names === '{}');
    return [isEmpty, `${entries.length} entries in ${world.juju.units.length} files, as read back`];
  },
  'the peer data is gone': async () => {
    const keys = Object.keys(world.juju.databag({ _tag: 'PeerApp' }));
    return [!keys.some(isRecordKey), `left: ${keys.join(', ')}`];
  },
});
