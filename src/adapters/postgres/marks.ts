import { createHash } from 'node:crypto';
import { longestName } from '../../domain/request.ts';

/** Role comments that say who made a role and what for; nothing else makes a role ours. */
export const marks = {
  every: (owner: string) => `hookchart ${owner} `,
  relation: (owner: string, relation: number) => `hookchart ${owner} relation ${relation}`,
  database: (owner: string) => `hookchart ${owner} database`,
  lookup: (owner: string) => `hookchart ${owner} lookup`,
  /** What the roles of all deployments have in common. */
  anyone: 'hookchart ',
} as const;

/** The role that owns a database and all that is made in it, and with which nobody logs in. */
export function ownerRoleOf(database: string): string {
  const name = `${database}_owner`;
  if (name.length <= longestName) return name;
  return `${createHash('sha256').update(database).digest('hex').slice(0, 32)}_owner`;
}
