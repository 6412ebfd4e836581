/** What is known of a server by who makes nothing there, not even what the deployment itself lacks. */
import { once } from '../../hook/index.ts';
import type { LookedAt } from '../ports.ts';
import { Line, type Login } from './line.ts';
import { homeOf, ownLogin } from './login.ts';
import type { PostgresOptions } from './options.ts';
import { unlessElsewhere } from './problem.ts';
import type { Server } from './server.ts';
import * as sql from './statements/home.ts';

export interface Looking {
  readonly look: () => Promise<LookedAt>;
  readonly release: () => Promise<void>;
}

/** Its sessions are others than those of whoever makes something, and can change nothing. */
export function openLooking(options: PostgresOptions): Looking {
  const line = new Line(options);
  const { owner, preferred = 'given', database = 'postgres' } = options;
  const home = homeOf(owner);
  const own = ownLogin(options);
  const seen = async (login: Login, where: string, purpose: string, statement: string) => {
    const session = await line.openToLook(login, where);
    try {
      const [rows = []] = await line.ask(session, purpose, [statement]);
      return rows;
    } finally {
      await session.end();
    }
  };
  const look = async (login: Login, where: string): Promise<Server> => {
    const [row] = await seen(login, where, 'look at the server', sql.look);
    if (row === undefined)
      throw line.problem('look at the server', 'the role of its session was dropped or renamed');
    return row as unknown as Server;
  };
  /** Null where it does not get into the home. */
  const atHome = (login: Login) => look(login, home).catch(unlessElsewhere);
  /** The home as it is; null where there is none yet, or none for a login that is no superuser. */
  const entered = async (): Promise<Server | null> => {
    const [first, second] = preferred === 'own' ? [own, options] : [options, own];
    for (const login of [first, second]) {
      const server = await atHome(login);
      if (server !== null && !server.isSuperuser) return server;
    }
    return null;
  };
  const missing = async (): Promise<LookedAt> => {
    const server = await look(options, database);
    if (!server.isPrimary) throw line.problem('look at the server', 'it is a replica');
    if (!server.isSuperuser && !server.isAble)
      throw line.problem(
        'make roles and databases',
        `its role ${server.login} has neither SUPERUSER nor both CREATEROLE and CREATEDB`,
      );
    const there = await seen(options, database, 'look for its home', sql.findOwn(own.user, home));
    const names = new Set(there.map(({ name }) => name));
    const toMake = [
      ...(server.isSuperuser ? [[own.user, `role "${own.user}"`] as const] : []),
      [home, `database "${home}"`] as const,
    ].map(([name, what]) => (names.has(name) ? `${what}, which is there and is put right` : what));
    return { version: server.version, toMake };
  };
  return {
    look: once(async () => {
      const server = await entered();
      if (server === null) return missing();
      if (!server.isOwner)
        throw line.problem(
          'enter its home',
          `database "${home}" does not belong to ${server.login}: rename or drop it`,
        );
      if (!server.isPrimary) throw line.problem('look at the server', 'it is a replica');
      const toMake = server.isFurnished ? [] : [`schema "hookchart" in database "${home}"`];
      return { version: server.version, toMake };
    }),
    release: () => line.release(),
  };
}
