import { statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workspace } from '../../src/pgbouncer/demo/servers/child.ts';
import {
  type PgbouncerServer,
  startPgbouncer,
} from '../../src/pgbouncer/demo/servers/pgbouncer.ts';
import {
  type Configuration,
  emptyConfiguration,
} from '../../src/pgbouncer/pooler/configuration.ts';
import { Console } from '../../src/pgbouncer/pooler/console.ts';
import { pgbouncer, prepare } from '../../src/pgbouncer/pooler/index.ts';

const workspace = new Workspace();
const servers: PgbouncerServer[] = [];
beforeAll(async () => {
  for (const name of ['one', 'two'])
    servers.push(await startPgbouncer(workspace, name, 'admin-pw'));
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  workspace.remove();
});

const configuration = (...names: string[]): Configuration => ({
  ...emptyConfiguration,
  databases: names.map((name) => ({ name, host: '127.0.0.1', port: 5432, database: name })),
  users: [user('a "user"', 'A')],
});

/** Somebody with the verifier of a password that nobody knows. */
const user = (name: string, letter: string) => ({
  name,
  verifier: {
    secret: `SCRAM-SHA-256$4096:${letter.repeat(22)}==$${letter.repeat(43)}=:${letter.repeat(43)}=`,
  },
});

const server = (index: number): PgbouncerServer => {
  const found = servers[index];
  if (found === undefined) throw new Error(`no server ${index}`);
  return found;
};

const pooler = (...indexes: number[]) =>
  pgbouncer({ processes: indexes.map((index) => server(index).process), clients: server(0) });

/** What a process has in force, as it says itself. */
async function inForce(index: number): Promise<string[]> {
  const { process } = server(index);
  const console = new Console(process.consoles, process.settings.admin, () => 5_000);
  try {
    return (await console.databases()).map(({ name }) => name);
  } finally {
    await console.release();
  }
}

const files = (index: number) => {
  const { iniFile, settings } = server(index).process;
  return [iniFile, settings.userlistFile].map((file) => statSync(file));
};

describe('apply', () => {
  it('puts a configuration in force on every process of the unit', async () => {
    const both = pooler(0, 1);
    expect(await both.apply(configuration('a', 'b'))()).toEqual({
      _tag: 'Right',
      right: 'applied',
    });
    await both.release();
    for (const index of [0, 1]) expect(await inForce(index)).toEqual(['a', 'b']);
  });

  it('writes nothing and reloads nothing where nothing changes', async () => {
    const before = files(0).map(({ ino, mtimeMs }) => [ino, mtimeMs]);
    const reloads = () => server(0).log().split('RELOAD').length;
    const count = reloads();
    const one = pooler(0);
    expect(await one.apply(configuration('a', 'b'))()).toEqual({
      _tag: 'Right',
      right: 'unchanged',
    });
    await one.release();
    expect(files(0).map(({ ino, mtimeMs }) => [ino, mtimeMs])).toEqual(before);
    expect(reloads()).toBe(count);
  });

  it('keeps its files to itself', () => {
    for (const { mode } of files(0)) expect(mode & 0o777).toBe(0o600);
  });

  it('reloads for a hook that was lost after it had written, though no database differs', async () => {
    const changed = {
      ...configuration('a', 'b'),
      users: [user('another', 'B')],
    };
    await prepare(server(0).process, changed)();
    const reloads = () => server(0).log().split('RELOAD').length;
    const before = reloads();
    const one = pooler(0);
    for (const outcome of ['applied', 'unchanged'])
      expect(await one.apply(changed)()).toMatchObject({ right: outcome });
    await one.release();
    expect(reloads()).toBe(before + 1);
  });

  it('a new verifier of the same length in the same second comes in a file of its own', async () => {
    const one = pooler(0);
    await one.apply(configuration('a', 'b'))();
    const { userlistFile } = server(0).process.settings;
    const before = statSync(userlistFile);
    const changed = configuration('a', 'b');
    await one.apply({ ...changed, users: [user('a "user"', 'C')] })();
    await one.release();
    expect(statSync(userlistFile).size).toBe(before.size);
    expect(statSync(userlistFile).ino).not.toBe(before.ino);
  });

  it('where PgBouncer loads half of a file, every process has its previous one again', async () => {
    const both = pooler(0, 1);
    await both.apply(configuration('a', 'b'))();
    await both.release();
    const broken = pgbouncer({
      processes: [
        server(0).process,
        {
          ...server(1).process,
          settings: { ...server(1).process.settings, poolMode: 'no such mode' as 'session' },
        },
      ],
      clients: server(0),
    });
    const outcome = await broken.apply(configuration('a', 'c'))();
    await broken.release();
    expect(outcome).toMatchObject({ left: { _tag: 'ConfigRejected', class: 'broken' } });
    expect(JSON.stringify(outcome)).toContain('c to c at 127.0.0.1:5432 is not in force');
    for (const index of [0, 1]) {
      expect(await inForce(index)).toEqual(['a', 'b']);
      await server(index).kill();
      await server(index).start();
      expect(await inForce(index)).toEqual(['a', 'b']);
    }
  });

  it('writes for a process that is down, says so, and is right when it starts', async () => {
    await server(0).kill();
    const one = pooler(0);
    expect(await one.apply(configuration('while_down'))()).toMatchObject({
      left: { _tag: 'PoolerUnavailable', class: 'unavailable' },
    });
    await server(0).start();
    expect(await inForce(0)).toEqual(['while_down']);
    for (const outcome of ['applied', 'unchanged'])
      expect(await one.apply(configuration('while_down'))()).toMatchObject({ right: outcome });
    await one.release();
  });

  it('says which file cannot be written', async () => {
    const { process } = server(0);
    writeFileSync(`${process.iniFile}.plain`, '');
    const nowhere = pgbouncer({
      processes: [{ ...process, iniFile: `${process.iniFile}.plain/x.ini` }],
      clients: server(0),
    });
    expect(await nowhere.apply(configuration('a'))()).toMatchObject({
      left: { _tag: 'FileFailed', class: 'broken', code: 'ENOTDIR' },
    });
    await nowhere.release();
  });
});

describe('admits', () => {
  it('says why a login is refused', async () => {
    const outcome = await pooler(0).admits(
      { user: 'nobody', password: { secret: 'x' } },
      'no_such_database',
    )();
    expect(outcome).toMatchObject({
      left: { _tag: 'LoginRefused', user: 'nobody', database: 'no_such_database' },
    });
    expect(JSON.stringify(outcome)).not.toContain('"x"');
  });
});
