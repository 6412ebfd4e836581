import type { Attack } from '../attack.ts';
import { canary } from '../canary.ts';

export const pooler: readonly Attack[] = [
  {
    name: 'a-function-in-public-waits-for-the-charms-session',
    position: 'pooler',
    rule: 1,
    asSuperuserToo: true,
    do: async (attacker) => {
      const session = await attacker.pooled();
      const { user, me } = attacker;
      const steal = `IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER) THEN EXECUTE 'ALTER ROLE ${user} SUPERUSER'; END IF; RETURN 2200`;
      await session.done(
        canary('public.to_regnamespace', 'text', 'regnamespace', steal, 'to_regnamespace'),
        `ALTER DATABASE "${me.database}" SET search_path = public, pg_catalog`,
        `ALTER ROLE "${user}" PASSWORD 'spoiled'`,
      );
    },
  },
];
