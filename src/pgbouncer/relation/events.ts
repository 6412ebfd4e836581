import type { HookName } from '../../../machines/index.ts';
import { relationOfSecret } from '../keys.ts';

/** Hooks with a chart of their own, and hooks that call for the same as one of them. */
const charts: Readonly<Record<string, HookName>> = {
  'database-relation-changed': 'database-requested',
  'database-relation-departed': 'database-relation-departed',
  'database-relation-broken': 'database-relation-broken',
  // An operator's, by an action.
  'actions/rotate-password': 'database-password-renewed',
  'leader-elected': 'leader-elected',
  // Nobody was told what has changed meanwhile, and in stop a unit looks for the last time.
  'update-status': 'update-status',
  'upgrade-charm': 'update-status',
  'config-changed': 'update-status',
  'secret-changed': 'update-status',
  start: 'update-status',
  stop: 'update-status',
};

/** For a unit whose agent was started anew the peers may go first, and the ledger with them. */
const ofLastPeers = /^.+-peers-relation-broken$/;

/** The backend came, moved or went. */
const ofBackend = /^backend-database-relation-(created|changed|departed|broken)$/;
/** Who gives certificates came, has answered or went; that its units come and go is nothing. */
const ofCertificates = /^certificates-relation-(created|changed|broken)$/;
/** A peer moved, or the unit's own PgBouncer has come up. */
const ofPeers = /^.+-(peers-relation-(joined|changed|departed)|pebble-ready)$/;

/** Whether an event is about a secret that this application owns, which nobody else writes. */
export const isOwnSecret = (label = ''): boolean => relationOfSecret(label) !== null;

/** The chart that a Juju hook goes through; null for a hook that nobody handles. */
export function chartNameOf(hook: string): HookName | null {
  if (Object.hasOwn(charts, hook)) return charts[hook] ?? null;
  if (ofCertificates.test(hook)) return 'certificates-relation-changed';
  if (ofBackend.test(hook) || ofLastPeers.test(hook)) return 'update-status';
  return ofPeers.test(hook) ? 'pgb-peers-relation-changed' : null;
}
