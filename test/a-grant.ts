import type { Grant } from '../machines/index.ts';

/** A grant that is being provisioned, with whatever a test wants otherwise. */
export const aGrant = (relation: number, change: Partial<Grant> = {}): Grant => ({
  relation,
  state: 'provisioning',
  user: `relation_id_${relation}`,
  database: `db_${relation}`,
  attributes: [],
  roles: [],
  password: { secret: `secret-${relation}` },
  secrets: {},
  place: null,
  verifier: null,
  requestId: null,
  owner: 'model/pgbouncer',
  published: null,
  error: null,
  ...change,
});
