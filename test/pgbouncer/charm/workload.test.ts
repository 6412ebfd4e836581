import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, identity, Workspace } from '../../../src/pgbouncer/demo/servers/child.ts';
import { findPgbouncer } from '../../../src/pgbouncer/demo/servers/pgbouncer.ts';
import { systemd } from '../../../src/pgbouncer/pooler/index.ts';
import { FileProblem, WorkloadProblem } from '../../../src/pgbouncer/workload/index.ts';
import { type APebble, processOn, startPebble } from './a-pebble.ts';
import { apply, configuration, dies, kinds, processOf, type Unit } from './kept.ts';

const workspace = new Workspace();
const program = findPgbouncer();
let pebbles: APebble;
beforeAll(async () => {
  chmodSync(workspace.path, 0o711);
  pebbles = await startPebble(workspace.path);
});
afterAll(async () => {
  await pebbles.stop();
  workspace.remove();
});

describe.each(Object.entries(kinds))('PgBouncer under %s', (name, kind) => {
  let unit: Unit;
  let port: number;
  beforeAll(async () => {
    unit = kind(await workspace.folder(name.replaceAll(' ', '-')), pebbles);
    port = await freePort();
  });
  afterAll(() => dies(unit));

  it('is started with what it should serve, and left alone after', async () => {
    expect(await apply(processOf(unit, port), configuration('one'))).toBe('applied');
    expect(await apply(processOf(unit, port), configuration('one'))).toBe('unchanged');
  });

  it('is reloaded for another database, and started again where it died', async () => {
    expect(await apply(processOf(unit, port), configuration('one', 'two'))).toBe('applied');
    dies(unit);
    expect(await apply(processOf(unit, port), configuration('one', 'two'))).toBe('applied');
    expect(await apply(processOf(unit, port), configuration('one', 'two'))).toBe('unchanged');
  });

  it('U-12: gets files back that were lost while it ran on, and its console with them', async () => {
    for (const file of ['pgbouncer.ini', 'userlist.txt'])
      await unit.keep().replace(join(unit.folder, file), null);
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
    dies(unit);
  });

  it('is rid of what a killed hook has left in its folder, and of nothing else', async () => {
    const { folder } = unit;
    const workload = unit.keep();
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
    await workload.tidy(join(folder, 'new'));
    for (const file of [...ours, ...others]) rmSync(join(folder, file), { force: true });
    for (const made of ['new', 'folder.0123456789ab'])
      rmSync(join(folder, made), { recursive: true, force: true });
  });

  it('U-12: gets its files back when they are lost', async () => {
    for (const file of ['pgbouncer.ini', 'userlist.txt'])
      await unit.keep().replace(join(unit.folder, file), null);
    expect(await apply(processOf(unit, port), configuration('one'))).toBe('applied');
    expect(await unit.keep().read(join(unit.folder, 'nowhere'))).toBeNull();
  });
});

describe('a child process', () => {
  const child = (folder: string): Unit => kinds['a child process']?.(folder, pebbles) as Unit;

  it('is not taken for another one that has its number by now', async () => {
    const unit = child(await workspace.folder('reused'));
    writeFileSync(join(unit.folder, 'pgbouncer.pid'), String(process.pid));
    const bouncer = processOf(unit, await freePort());
    expect(await apply(bouncer, configuration('one'))).toBe('applied');
    await unit.keep().remove();
    await unit.keep().remove();
    const { workload: _, ...orphan } = bouncer;
    expect(await apply(orphan, configuration('one'))).toMatchObject({ _tag: 'PoolerUnavailable' });
  });

  it.each(['tidy', 'start', 'replace'] as const)('says which folder is none: %s', async (what) => {
    const folder = join(await workspace.folder(`none-${what}`), 'file');
    writeFileSync(folder, 'no folder');
    const workload = child(folder).keep();
    const calls = {
      tidy: () => workload.tidy(folder),
      start: () => workload.start(),
      replace: () => workload.replace(join(folder, 'pgbouncer.ini'), ''),
    };
    const problem: unknown = await calls[what]().catch((cause: unknown) => cause);
    expect(problem).toBeInstanceOf(FileProblem);
    expect(problem).toMatchObject({
      path: expect.stringContaining(folder),
      code: expect.stringMatching(/^(ENOTDIR|EEXIST)$/),
    });
  });

  it('says why it does not start', async () => {
    const unit = child(await workspace.folder('unable'));
    const bouncer = processOf(unit, await freePort(), { program: '/bin/false' });
    expect(await apply(bouncer, configuration())).toMatchObject({
      _tag: 'PoolerUnavailable',
      why: expect.stringContaining('/bin/false does not start (1)'),
    });
  });

  it('is started anew where another program is to run', async () => {
    const unit = child(await workspace.folder('changed'));
    const port = await freePort();
    expect(await apply(processOf(unit, port), configuration('one'))).toBe('applied');
    const before = processOn(unit.iniFile);
    const other = join(unit.folder, 'other-pgbouncer');
    symlinkSync(program, other);
    const changed = processOf(unit, port, { program: other });
    expect(await apply(changed, configuration('one'))).toBe('applied');
    const pid = Number(readFileSync(join(unit.folder, 'pgbouncer.pid'), 'utf8'));
    expect(pid).not.toBe(before);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain(other);
    expect(await apply(changed, configuration('one'))).toBe('unchanged');
    await unit.keep().remove();
  });
});

describe('systemd', () => {
  it('is given a unit of its own, and no more than it needs', async () => {
    const folder = await workspace.folder('systemd');
    const iniFile = join(folder, 'pgbouncer.ini');
    const service = 'hookchart-pgbouncer-0.service';
    const { log, says, inPlace } = standInSystemctl(folder);
    await inPlace(async () => {
      const kept = {
        service,
        program,
        iniFile,
        user: 'postgres',
        openFiles: 20_100,
        unitFolder: folder,
      };
      const workload = systemd(kept);
      expect(await workload.isCurrent()).toBe(false);
      await workload.start();
      await workload.start();
      await workload.restart();
      expect(await workload.isCurrent()).toBe(true);
      const unit = readFileSync(join(folder, service), 'utf8');
      expect(unit).toContain(`ExecStart=${program} ${iniFile}\n`);
      expect(unit).toContain('User=postgres\n');
      expect(unit).toContain('LimitNOFILE=20100\n');
      for (const name of [service, 'sshd.service'])
        writeFileSync(join(folder, `${name}.0123456789ab`), '');
      await workload.tidy(join(folder, 'nowhere'));
      expect(readdirSync(folder).filter((name) => name.includes('.service.'))).toEqual([
        'sshd.service.0123456789ab',
      ]);
      const acted = (action: string) => [
        'daemon-reload',
        `enable ${service}`,
        `${action} ${service}`,
      ];
      expect(log()).toEqual(['start', 'start', 'restart'].flatMap(acted));

      const changed = systemd({ ...kept, openFiles: 1_000 });
      expect(await changed.isCurrent()).toBe(false);
      await changed.start();
      // Ended first: whoever is lost after this leaves it down, and the next hook starts it.
      expect(log()).toEqual([`stop ${service}`, ...acted('start')]);

      await workload.remove();
      await workload.remove();
      expect(existsSync(join(folder, service))).toBe(false);
      expect(log()).toEqual([`disable --now ${service}`, 'daemon-reload']);

      says('no such thing', 5);
      await expect(workload.start()).rejects.toThrow('systemctl daemon-reload: no such thing');
      await expect(workload.start()).rejects.toThrow(
        /; PgBouncer says: FATAL @src\/main.c:1 in function main\(\): no, "admin" \*{8}$/,
      );
      expect(await workload.isRunning()).toBe(false);
    });
  });

  it('is told what is to stand in the environment, where anything is', async () => {
    const folder = await workspace.folder('environment');
    const service = 'hookchart-pgbouncer-0-metrics.service';
    const iniFile = join(folder, 'metrics.json');
    const { inPlace } = standInSystemctl(folder);
    const options = {
      service,
      program,
      iniFile,
      user: 'postgres',
      openFiles: 1,
      unitFolder: folder,
    };
    await inPlace(async () => {
      await systemd({ ...options, variables: { HOOKCHART_METRICS: iniFile } }).start();
      const unit = readFileSync(join(folder, service), 'utf8');
      expect(unit).toContain(
        `User=postgres\nEnvironment="HOOKCHART_METRICS=${iniFile}"\nExecStart=`,
      );
      expect(await systemd(options).isCurrent()).toBe(false);
    });
  });

  const isVerifiable = spawnSync('systemd-analyze', ['--version']).error === undefined;
  it.skipIf(!isVerifiable)('takes the unit: systemd-analyze verify', async () => {
    const folder = await workspace.folder('verified');
    const service = 'hookchart-pgbouncer-0.service';
    const { inPlace } = standInSystemctl(folder);
    await inPlace(async () => {
      const iniFile = join(folder, 'pgbouncer.ini');
      await systemd({
        service,
        program,
        iniFile,
        user: 'postgres',
        openFiles: 1,
        unitFolder: folder,
      }).start();
    });
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', join(folder, service)], {
      encoding: 'utf8',
    });
    const ours = stderr.split('\n').filter((line) => line.includes('hookchart'));
    expect([status, ours]).toEqual([0, []]);
  });

  it.each([
    ['a program', { program: '/nowhere/pgbouncer' }, 'there is no program /nowhere/pgbouncer'],
    ['a user', { user: 'nobody-at-all' }, 'there is no user nobody-at-all on this machine'],
  ])('is not asked for %s that is missing, before anything is ended', async (_, other, why) => {
    const folder = await workspace.folder(`lacks-${why.length}`);
    const iniFile = join(folder, 'pgbouncer.ini');
    const { log, inPlace } = standInSystemctl(folder);
    await inPlace(async () => {
      const kept = {
        service: 'a.service',
        program,
        iniFile,
        user: 'postgres',
        openFiles: 1,
        unitFolder: folder,
      };
      await systemd(kept).start();
      log();
      const problem = await systemd({ ...kept, ...other })
        .restart()
        .catch((cause: unknown) => cause);
      expect(problem).toBeInstanceOf(WorkloadProblem);
      expect(problem).toMatchObject({ turn: 'operator', message: expect.stringContaining(why) });
      expect(log()).toEqual([]);
    });
  });

  it('is not ended in each hook where its program is a script that becomes PgBouncer', async () => {
    const unit = kinds['a child process']?.(await workspace.folder('scripted'), pebbles) as Unit;
    const script = join(workspace.path, 'a-script');
    writeFileSync(script, `#!/bin/sh\nexec ${program} "$@"\n`);
    chmodSync(script, 0o755);
    const process = processOf(unit, await freePort(), { program: script });
    expect(await apply(process, configuration('one'))).toBe('applied');
    const pid = processOn(unit.iniFile);
    expect(await apply(process, configuration('one'))).toBe('unchanged');
    expect(processOn(unit.iniFile)).toBe(pid);
    dies(unit);
  });

  it('gives the files to another user, who is to run it, and nothing that a link leads to', async () => {
    const folder = await workspace.folder('handed');
    const iniFile = join(folder, 'pgbouncer.ini');
    writeFileSync(iniFile, '');
    const roots = join(workspace.path, 'not-to-be-handed');
    writeFileSync(roots, '');
    symlinkSync(roots, join(folder, 'a-link'));
    const before = statSync(roots).uid;
    const { inPlace } = standInSystemctl(folder);
    await inPlace(() =>
      systemd({
        service: 'a.service',
        program,
        iniFile,
        user: 'nobody',
        openFiles: 1,
        unitFolder: folder,
      }).start(),
    );
    const nobody = process.getuid?.() === 0 ? Number(execFileSync('id', ['-u', 'nobody'])) : null;
    if (nobody === null) return;
    expect([statSync(folder).uid, statSync(iniFile).uid]).toEqual([nobody, nobody]);
    expect(statSync(roots).uid).toBe(before);
  });

  it('keeps its files in a folder that PgBouncer’s user owns, and nobody else reads', async () => {
    const folder = join(workspace.path, 'new', 'unit-0');
    const iniFile = join(folder, 'pgbouncer.ini');
    const options = { service: 'a', program, iniFile, user: 'postgres', openFiles: 1 };
    const { replace } = systemd(options);
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

/** A `systemctl` that keeps a log of what it is asked, and a `journalctl` with PgBouncer's words. */
function standInSystemctl(folder: string) {
  const [bin, file] = [join(folder, 'bin'), join(folder, 'log')];
  mkdirSync(bin);
  const executable = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  };
  executable('systemctl', `echo "$@" >> ${file}`);
  const fatal =
    '2025-01-01 00:00:00.000 UTC [1] FATAL @src/main.c:1 in function main(): no, "admin" "a password"';
  executable('journalctl', `echo '${fatal}'`);
  return {
    /** What it was asked since this was asked last. */
    log: (): readonly string[] => {
      const asked = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
      rmSync(file, { force: true });
      return asked;
    },
    says: (words: string, code: number) =>
      executable('systemctl', `echo ${words} >&2\nexit ${code}`),
    inPlace: async (body: () => Promise<void>) => {
      const before = process.env.PATH;
      process.env.PATH = `${bin}:${before}`;
      try {
        await body();
      } finally {
        process.env.PATH = before;
      }
    },
  };
}
