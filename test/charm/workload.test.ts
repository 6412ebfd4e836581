import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  childProcess,
  type PgbouncerProcess,
  pebble,
  pgbouncer,
  systemd,
  type Workload,
} from '../../src/adapters/pgbouncer/index.ts';
import { FileProblem } from '../../src/adapters/workload/index.ts';
import { freePort, identity, Workspace } from '../../src/demo/servers/child.ts';
import { findPgbouncer } from '../../src/demo/servers/pgbouncer.ts';
import { type Configuration, emptyConfiguration } from '../../src/engine/index.ts';
import { PebbleStandIn } from './pebble-stand-in.ts';

const workspace = new Workspace();
const program = findPgbouncer();
let pebbles: PebbleStandIn;
beforeAll(async () => {
  pebbles = await PebbleStandIn.start(join(workspace.path, 'pebble.socket'));
});
afterAll(async () => {
  await pebbles.stop();
  workspace.remove();
});

interface Unit {
  readonly folder: string;
  readonly workload: Workload;
  readonly die: () => Promise<void>;
}

const kinds: Readonly<Record<string, (folder: string) => Unit>> = {
  'a child process': (folder) => {
    const [iniFile, pidFile] = [join(folder, 'pgbouncer.ini'), join(folder, 'pgbouncer.pid')];
    return {
      folder,
      workload: childProcess({ program, iniFile, pidFile, user: 'postgres' }),
      die: async () => {
        process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
      },
    };
  },
  Pebble: (folder) => ({
    folder,
    workload: pebble({
      socket: pebbles.socket,
      service: 'pgbouncer',
      command: `${program} ${join(folder, 'pgbouncer.ini')}`,
      user: 'postgres',
    }),
    die: () => pebbles.kill(),
  }),
};

const entry = (name: string) => ({ name, host: '127.0.0.1', port: 5432, database: name });
const configuration = (...names: string[]): Configuration => ({
  ...emptyConfiguration,
  databases: names.map(entry),
});

function processOf({ folder, workload }: Unit, listenPort: number): PgbouncerProcess {
  return {
    iniFile: join(folder, 'pgbouncer.ini'),
    consoles: [{ host: '127.0.0.1', port: listenPort }],
    workload,
    settings: {
      listenAddress: '127.0.0.1',
      listenPort,
      socketDirectory: null,
      logFile: join(folder, 'pgbouncer.log'),
      pidFile: join(folder, 'pgbouncer.pid'),
      userlistFile: join(folder, 'userlist.txt'),
      caFile: join(folder, 'backend-ca.pem'),
      accessFile: join(folder, 'access.conf'),
      admin: { user: 'admin', password: { secret: 'of the admin' } },
      poolMode: 'session',
      maxDatabaseConnections: 10,
      processes: 1,
      maxPreparedStatements: 100,
    },
  };
}

/** One hook: whether something was put in force, or what was in the way. */
async function apply(process: PgbouncerProcess, wanted: Configuration): Promise<unknown> {
  const pooler = pgbouncer({
    processes: [process],
    clients: { host: '127.0.0.1', port: process.settings.listenPort },
  });
  try {
    const outcome = await pooler.apply(wanted)();
    return outcome._tag === 'Right' ? outcome.right : outcome.left;
  } finally {
    await pooler.release();
  }
}

describe.each(Object.entries(kinds))('PgBouncer under %s', (name, kind) => {
  let unit: Unit;
  let port: number;
  beforeAll(async () => {
    unit = kind(await workspace.folder(name.replaceAll(' ', '-')));
    port = await freePort();
  });
  afterAll(() => unit.die().catch(() => {}));

  it('is started with what it should serve, and left alone after', async () => {
    expect(await apply(processOf(unit, port), configuration('one'))).toBe('applied');
    expect(await apply(processOf(unit, port), configuration('one'))).toBe('unchanged');
  });

  it('is reloaded for another database, and started again where it died', async () => {
    expect(await apply(processOf(unit, port), configuration('one', 'two'))).toBe('applied');
    await unit.die();
    expect(await apply(processOf(unit, port), configuration('one', 'two'))).toBe('applied');
    expect(await apply(processOf(unit, port), configuration('one', 'two'))).toBe('unchanged');
  });

  it('U-12: gets files back that were lost while it ran on, and its console with them', async () => {
    for (const file of ['pgbouncer.ini', 'userlist.txt'])
      await unit.workload.replace(join(unit.folder, file), null);
    const bouncer = processOf(unit, port);
    const { settings } = bouncer;
    const admin = { user: 'admin', password: { secret: 'another one' } };
    const anew = { ...bouncer, settings: { ...settings, admin } };
    expect(await apply(anew, configuration('one', 'two'))).toBe('applied');
    expect(await apply(bouncer, configuration('one'))).toBe('applied');
  });

  it('U-16: is restarted for another port, on which it answers when this is done', async () => {
    const moved = await freePort();
    expect(await apply(processOf(unit, moved), configuration('one'))).toBe('applied');
    expect(await apply(processOf(unit, moved), configuration('one'))).toBe('unchanged');
    expect(readFileSync(join(unit.folder, 'pgbouncer.ini'), 'utf8')).toContain(`= ${moved}\n`);
    await unit.die();
  });

  it('is rid of what a killed hook has left in its folder, and of nothing else', async () => {
    const { folder, workload } = unit;
    const ours = ['pgbouncer.ini.0123456789ab', 'userlist.txt.ffffffffffff'];
    const others = [
      ...['pgbouncer.log.202501010000', 'userlist.txt.0123456789a', 'userlist.txt.0123456789abc'],
      ...['.0123456789ab', 'userlist.txt.0123456789AB', 'pgbouncer.ini.unconfirmed'],
    ];
    for (const file of [...ours, ...others]) writeFileSync(join(folder, file), 'secret');
    mkdirSync(join(folder, 'folder.0123456789ab'));
    const before = readdirSync(folder);
    await workload.tidy(folder);
    // Pebble's own way to write leaves nothing under these names.
    const gone = name === 'Pebble' ? [] : ours;
    expect(readdirSync(folder)).toEqual(before.filter((file) => !gone.includes(file)));
    await workload.tidy(join(folder, 'nowhere'));
    for (const file of [...ours, ...others]) rmSync(join(folder, file), { force: true });
    rmSync(join(folder, 'folder.0123456789ab'), { recursive: true });
  });

  it('U-12: gets its files back when they are lost', async () => {
    for (const file of ['pgbouncer.ini', 'userlist.txt'])
      await unit.workload.replace(join(unit.folder, file), null);
    expect(await apply(processOf(unit, port), configuration('one'))).toBe('applied');
    expect(await unit.workload.read(join(unit.folder, 'nowhere'))).toBeNull();
  });
});

describe('a child process', () => {
  it('is not taken for another one that has its number by now', async () => {
    const unit = kinds['a child process']?.(await workspace.folder('reused')) as Unit;
    writeFileSync(join(unit.folder, 'pgbouncer.pid'), String(process.pid));
    const bouncer = processOf(unit, await freePort());
    expect(await apply(bouncer, configuration('one'))).toBe('applied');
    await unit.workload.remove();
    await unit.workload.remove();
    const { workload: _, ...orphan } = bouncer;
    expect(await apply(orphan, configuration('one'))).toMatchObject({ _tag: 'PoolerUnavailable' });
  });

  it.each(['tidy', 'start', 'replace'] as const)('says which folder is none: %s', async (what) => {
    const folder = join(await workspace.folder(`none-${what}`), 'file');
    writeFileSync(folder, 'no folder');
    const iniFile = join(folder, 'pgbouncer.ini');
    const pidFile = join(folder, 'pgbouncer.pid');
    const workload = childProcess({ program, iniFile, pidFile, user: 'postgres' });
    const calls = {
      tidy: () => workload.tidy(folder),
      start: () => workload.start(),
      replace: () => workload.replace(iniFile, ''),
    };
    const problem: unknown = await calls[what]().catch((cause: unknown) => cause);
    expect(problem).toBeInstanceOf(FileProblem);
    expect(problem).toMatchObject({
      path: expect.stringContaining(folder),
      code: expect.stringMatching(/^(ENOTDIR|EEXIST)$/),
    });
  });

  it('says why it does not start', async () => {
    const folder = await workspace.folder('unable');
    const [iniFile, pidFile] = [join(folder, 'pgbouncer.ini'), join(folder, 'pgbouncer.pid')];
    const workload = childProcess({ program: '/bin/false', iniFile, pidFile, user: 'postgres' });
    const unit = { folder, workload, die: async () => {} };
    expect(await apply(processOf(unit, await freePort()), configuration())).toMatchObject({
      _tag: 'PoolerUnavailable',
      why: expect.stringContaining('/bin/false does not start (1)'),
    });
  });
});

describe('Pebble', () => {
  it('was asked nothing that its API does not know', () => {
    expect(pebbles.objections).toEqual([]);
    expect(pebbles.requests).toContain('POST /v1/layers');
  });

  it('says why a service does not start', async () => {
    const unit = kinds.Pebble?.(await workspace.folder('refused')) as Unit;
    pebbles.refusal = 'cannot perform the following tasks: exited quickly with code 1';
    expect(await apply(processOf(unit, await freePort()), configuration())).toMatchObject({
      _tag: 'PoolerUnavailable',
      why: expect.stringContaining('Pebble cannot start pgbouncer: cannot perform'),
    });
    pebbles.refusal = null;
  });

  it('that is not there is a container that is not up yet', async () => {
    const socket = join(workspace.path, 'none.socket');
    const workload = pebble({ socket, service: 'a', command: 'b', user: 'c' });
    const unit = { folder: workspace.path, workload, die: async () => {} };
    expect(await apply(processOf(unit, 1), configuration())).toMatchObject({
      _tag: 'PoolerUnavailable',
      class: 'unavailable',
      why: expect.stringContaining('none.socket'),
    });
  });
});

describe('systemd', () => {
  it('is given a unit of its own, and no more than it needs', async () => {
    const folder = await workspace.folder('systemd');
    const [bin, log] = [join(folder, 'bin'), join(folder, 'log')];
    mkdirSync(bin);
    writeFileSync(join(bin, 'systemctl'), `#!/bin/sh\necho "$@" >> ${log}\n`);
    chmodSync(join(bin, 'systemctl'), 0o755);
    const before = process.env.PATH;
    process.env.PATH = `${bin}:${before}`;
    try {
      const service = 'hookchart-pgbouncer-0.service';
      const iniFile = join(folder, 'pgbouncer.ini');
      const workload = systemd({ service, program, iniFile, user: 'postgres', folder });
      await workload.start();
      await workload.start();
      await workload.restart();
      const unit = readFileSync(join(folder, service), 'utf8');
      expect(unit).toContain(`ExecStart=${program} ${iniFile}\n`);
      expect(unit).toContain('User=postgres\n');
      for (const name of [service, 'sshd.service'])
        writeFileSync(join(folder, `${name}.0123456789ab`), '');
      await workload.tidy(join(folder, 'nowhere'));
      expect(readdirSync(folder).filter((name) => name.includes('.service.'))).toEqual([
        'sshd.service.0123456789ab',
      ]);
      await workload.remove();
      await workload.remove();
      expect(existsSync(join(folder, service))).toBe(false);
      expect(readFileSync(log, 'utf8').split('\n')).toEqual([
        ...['start', 'start', 'restart'].flatMap((action) => [
          'daemon-reload',
          `enable ${service}`,
          `${action} ${service}`,
        ]),
        `disable --now ${service}`,
        'daemon-reload',
        '',
      ]);
      writeFileSync(join(bin, 'systemctl'), '#!/bin/sh\necho no such thing >&2\nexit 5\n');
      await expect(workload.start()).rejects.toThrow('systemctl daemon-reload: no such thing');
    } finally {
      process.env.PATH = before;
    }
  });

  it('keeps its files in a folder that PgBouncer’s user owns, and nobody else reads', async () => {
    const folder = join(workspace.path, 'new', 'unit-0');
    const iniFile = join(folder, 'pgbouncer.ini');
    const { replace } = systemd({ service: 'a', program, iniFile, user: 'postgres' });
    // As where a hook was lost between making the folder and giving it away.
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    chmodSync(folder, 0o700);
    await replace(iniFile, 'content');
    const who = identity();
    const { uid, mode } = statSync(folder);
    if ('uid' in who) expect(uid).toBe(who.uid);
    expect(mode & 0o777).toBe(0o700);
    expect(statSync(join(workspace.path, 'new')).mode & 0o777).toBe(0o755);
    expect(statSync(iniFile)).toMatchObject({ uid });
    expect(statSync(iniFile).mode & 0o777).toBe(0o600);
  });
});
