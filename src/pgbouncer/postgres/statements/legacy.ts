/** What is asked about roles of version 0.1, which took a superuser's rights. */
import { isMaker } from './facts.ts';
import { text, texts } from './quoted.ts';

/**
 * Roles of these names that are not held yet, with a mark that begins like this. A tenant that made
 * one of such a name stays known as its maker.
 */
export const readLegacy = (roles: readonly string[], mark: string): string =>
  `SELECT r.rolname AS name FROM pg_catalog.pg_roles r
    WHERE r.rolname IN (${texts(roles)})
      AND pg_catalog.starts_with(
            COALESCE(pg_catalog.shobj_description(r.oid, 'pg_authid'), ''), ${text(mark)})
      AND r.oid NOT IN (SELECT h.id FROM hookchart.roles h)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_auth_members m WHERE m.roleid = r.oid AND ${isMaker})`;

/** No row where nobody can log in by that name. */
export const readLogin = (role: string): string =>
  `SELECT r.rolname AS name FROM pg_catalog.pg_roles r WHERE r.rolname = ${text(role)} AND r.rolcanlogin`;

/** Which only a superuser can read. */
export const readVerifier = (role: string): string =>
  `SELECT a.rolpassword AS verifier FROM pg_catalog.pg_authid a WHERE a.rolname = ${text(role)}`;
