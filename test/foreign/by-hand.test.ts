/** A model that is worked by hand: what a command leaves behind is what the next one finds. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ModelFolder } from '../../src/foreign/by-hand/kept.ts';
import { logText } from '../../src/foreign/by-hand/log.ts';
import { HandModel } from '../../src/foreign/by-hand/model.ts';
import { pairsOf, relationBetween } from '../../src/foreign/by-hand/relating.ts';
import { configShown, secretsShown, unitShown } from '../../src/foreign/by-hand/shown.ts';
import { statusOf, statusText } from '../../src/foreign/by-hand/status.ts';
import { folderOf, noPython, ops, planted } from './tiny-charms.ts';

const clerk = resolve('test/foreign/charms/clerk');
const made: string[] = [];
const opened: HandModel[] = [];
afterEach(() => {
  for (const model of opened.splice(0)) model.close();
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

function emptyFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'hookchart-by-hand-'));
  made.push(path);
  return path;
}

/** A charm whose program is this. */
function charmThat(dispatch: string, metadata = 'name: one\n'): string {
  const path = emptyFolder();
  writeFileSync(join(path, 'metadata.yaml'), metadata);
  writeFileSync(join(path, 'dispatch'), `#!/bin/bash\nset -eu\n${dispatch}\n`);
  chmodSync(join(path, 'dispatch'), 0o755);
  return path;
}

/** The model in a folder, as the next command finds it. */
function reopened(path: string, told: string[] = []): HandModel {
  const model = new HandModel(new ModelFolder(path, '1.0'), ({ unit, hook, failure }) =>
    told.push(`${unit} ${hook}${failure === null ? '' : `: ${failure}`}`),
  );
  opened.push(model);
  return model;
}

const one = (application: string, folder: string, units = 1) => ({
  ...{ application, folder, units, config: {} },
});

async function relate(model: HandModel, one: string, other: string): Promise<void> {
  const [pair] = pairsOf(
    (name) => model.charmOf(name),
    { application: one, endpoint: null },
    { application: other, endpoint: null },
  );
  if (pair === undefined) throw new Error('they cannot be related');
  await model.act({ _tag: 'Integrate', provider: pair.provider, requirer: pair.requirer });
  expect(relationBetween(model.world, pair)).not.toBeNull();
}

describe('a model by hand', { timeout: 60_000 }, () => {
  it('has several charms, each of which runs its own hooks', async () => {
    const path = emptyFolder();
    const told: string[] = [];
    let model = reopened(path, told);
    await model.deploy(one('keeper', folderOf('bash')));
    expect(await model.rest()).toBe(true);
    expect(told).toEqual(
      ['install', 'keepers-relation-created', 'leader-elected', 'config-changed', 'start'].map(
        (hook) => `keeper/0 ${hook}`,
      ),
    );

    model = reopened(path);
    await model.deploy(one('clerk', clerk, 2));
    await model.rest();
    await relate(model, 'clerk', 'keeper');
    expect(await model.rest()).toBe(true);

    const { applications, relations, waiting } = statusOf(reopened(path));
    expect(applications.clerk?.['application-status']).toEqual({
      current: 'active',
      message: 'it has ledger',
    });
    expect(applications.clerk?.units?.['clerk/0']?.leader).toBe(true);
    expect(waiting).toEqual([]);
    expect(relations.at(-1)).toMatchObject({
      ...{ provider: 'keeper:database', requirer: 'clerk:store', interface: 'keeper' },
      type: 'regular',
    });
    expect(unitShown(reopened(path), 'clerk/1')).toMatchObject({
      'clerk/1': {
        leader: false,
        'relation-info': [
          { endpoint: 'clerks', 'related-units': { 'clerk/0': { 'in-scope': true } } },
          {
            ...{ endpoint: 'store', 'related-endpoint': 'database' },
            'application-data': { database: 'ledger', greeting: 'hello' },
            'local-application-data': { database: 'ledger' },
            'related-units': { 'keeper/0': { 'in-scope': true } },
          },
        ],
      },
    });
  });

  it('keeps secrets, and shows what is in them to who asks', async () => {
    const path = emptyFolder();
    const model = reopened(path);
    await model.deploy(one('keeper', folderOf('bash')));
    await model.deploy(one('clerk', clerk));
    await relate(model, 'clerk', 'keeper');
    await model.rest();
    const [[id, shown] = []] = Object.entries(secretsShown(reopened(path)));
    expect(shown).toMatchObject({ owner: 'keeper', revision: 1, access: [{ target: 'clerk' }] });
    expect(shown?.content).toBeUndefined();
    const [revealed] = Object.values(secretsShown(reopened(path), id, true));
    expect(revealed?.content?.password).toMatch(/^\S{24}\s*$/);
    await model.act({ _tag: 'RemoveApplication', application: 'clerk' });
    await model.rest();
    expect(secretsShown(reopened(path))).toEqual({});
    expect(statusText(statusOf(reopened(path)))).not.toContain('clerk');
    // The next one of that name begins with nothing of this one.
    expect(readdirSync(join(path, 'units'))).toEqual(['keeper-0']);
  });

  it('lets hooks wait, and runs the one that is named', async () => {
    const path = emptyFolder();
    const model = reopened(path);
    await model.deploy(one('keeper', folderOf('bash')));
    await model.deploy(one('clerk', clerk));
    await model.rest();
    await relate(model, 'clerk', 'keeper');
    const next = reopened(path);
    expect(next.due().map(({ unit, hook }) => `${unit} ${hook.name}`)).toEqual([
      'clerk/0 store-relation-created',
      'keeper/0 database-relation-created',
    ]);
    const [, other] = next.due();
    if (other === undefined) throw new Error('nothing waits');
    await next.run(other);
    expect(next.due().map(({ unit, hook }) => `${unit} ${hook.name}`)).toEqual([
      'clerk/0 store-relation-created',
    ]);
    const [first] = next.due();
    if (first !== undefined) await next.run(first);
    expect(next.due().map(({ unit, hook }) => `${unit} ${hook.name}`)).toEqual([
      'clerk/0 store-relation-joined',
      'keeper/0 database-relation-changed',
    ]);
    expect(statusText(statusOf(next))).toMatch(/keeper\/0\* +active +executing .*\(database-relat/);
  });

  it('kills the next hook of a unit once, whichever command brings it', async () => {
    const path = emptyFolder();
    const model = reopened(path);
    await model.deploy(one('clerk', clerk));
    await model.rest();
    model.meet('clerk/0', { at: 1, how: 'killed' });
    const told: string[] = [];
    const next = reopened(path, told);
    await next.act({ _tag: 'ChangeConfig', application: 'clerk', values: { copies: 2 } });
    expect(statusOf(next).waiting).toEqual([
      { unit: 'clerk/0', hook: 'config-changed, and is killed at step 1' },
    ]);
    await next.rest();
    expect(told).toEqual([
      'clerk/0 config-changed: killed before: status-set',
      'clerk/0 config-changed',
    ]);
    expect(reopened(path).crashes).toEqual({});
  });

  it('says what failed, and tries it again with each command', async () => {
    const told: string[] = [];
    const path = emptyFolder();
    const folder = charmThat(
      '[ "$JUJU_HOOK_NAME" != start ] || { juju-log -l ERROR "no power"; exit 4; }',
    );
    await reopened(path).deploy(one('one', folder));
    const model = reopened(path, told);
    expect(await model.rest()).toBe(true);
    expect(told.slice(-2)).toEqual([
      'one/0 start: exit code 4: no power',
      'one/0 start: exit code 4: no power',
    ]);
    expect(statusOf(model).applications.one?.units?.['one/0']).toMatchObject({
      'workload-status': { current: 'error', message: 'hook failed: "start"' },
    });
    expect(model.folder.logged().slice(-2).map(logText)).toEqual([
      'unit-one-0: 6 ERROR unit.one/0.juju-log no power',
      'unit-one-0: 7 ERROR juju.worker.uniter.operation hook "start" (via hook dispatching script: dispatch) failed: exit status 4',
    ]);
    writeFileSync(join(folder, 'dispatch'), '#!/bin/sh\necho fine\n');
    await reopened(path).rest();
    expect(reopened(path).world.units['one/0']?.failed).toBeNull();
    expect(model.folder.logged().slice(-2).map(logText)).toEqual([
      'unit-one-0: 8 DEBUG unit.one/0.start fine',
      'unit-one-0: 9 INFO juju.worker.uniter.operation ran "start" hook (via hook dispatching script: dispatch)',
    ]);
  });

  it('gives up on hooks that call each other forth without end', async () => {
    const metadata = 'name: one\npeers:\n  ones:\n    interface: ones\n';
    const endless = 'relation-set -r ones:0 n=$RANDOM$RANDOM 2>/dev/null || true';
    const model = reopened(emptyFolder());
    await model.deploy(one('one', charmThat(endless, metadata), 2));
    expect(await model.rest()).toBe(false);
    expect(model.due().length).toBeGreaterThan(0);
  });

  it('keeps the files of a unit, and its storage, until the unit is gone', async () => {
    const path = emptyFolder();
    const metadata = 'name: one\nstorage:\n  data:\n    type: filesystem\n';
    const counts = 'echo x >>count; echo x >>"$(storage-get -s data/0 location)/count"';
    const folder = charmThat(counts, metadata);
    await reopened(path).deploy(one('one', folder));
    await reopened(path).rest();
    const before = reopened(path).world.outside.units['one/0']?.files.get('count')?.length ?? 0;
    await reopened(path).updateStatus('one/0');
    const after = reopened(path).world.outside.units['one/0']?.files.get('count')?.length ?? 0;
    expect([before > 0, after]).toEqual([true, before + 2]);
    expect(readFileSync(join(path, 'units/one-0/storage/data/count')).length).toBe(after);
    const model = reopened(path);
    await model.act({ _tag: 'LosePod', unit: 'one/0' });
    await model.rest();
    expect(model.world.outside.units['one/0']?.files.get('count')?.length).toBeLessThan(before);
    await model.act({ _tag: 'RemoveUnit', unit: 'one/0' });
    await model.rest();
    expect(existsSync(join(path, 'units/one-0'))).toBe(false);
  });

  it.skipIf(noPython !== null)(
    `begins containers with what their image brings, as often as they come up${noPython ?? ''}`,
    async () => {
      const image = emptyFolder();
      mkdirSync(join(image, 'etc/lamp'), { recursive: true });
      writeFileSync(join(image, 'etc/lamp/wick'), 'cotton');
      writeFileSync(join(image, 'etc/lamp/dust'), 'grey');
      const charm = planted('kubernetes', [
        [
          "        self.lamp.push('/etc/lamp/colour', colour,",
          "        self.lamp.remove_path('/etc/lamp/dust', recursive=True)\n        wick = self.lamp.pull('/etc/lamp/wick').read()\n        self.lamp.push('/etc/lamp/colour', wick + colour,",
        ],
      ]);
      made.push(charm);
      const path = emptyFolder();
      const images = { lamp: image };
      const filesOf = (model: HandModel) => {
        const files = model.world.outside.units['lantern/0']?.containers.lamp?.files;
        return [files?.read('/etc/lamp/colour').toString(), files?.toJSON()] as const;
      };
      const model = reopened(path);
      await model.deploy({ ...one('lantern', charm), python: ops(), images });
      await model.rest();
      const first = filesOf(model);
      expect(first).toEqual([
        'cottonwhite',
        expect.objectContaining({
          '/etc/lamp/dust': 'gone',
          '/etc/lamp/colour': expect.anything(),
        }),
      ]);
      expect(Object.keys(first[1] ?? {})).not.toContain('/etc/lamp/wick');
      const next = reopened(path);
      expect(filesOf(next)).toEqual(first);
      const [restart] = next.happenings('lamp restarts');
      if (restart === undefined) throw new Error('the lamp is not up');
      await next.happen(restart);
      expect(
        next.world.outside.units['lantern/0']?.containers.lamp?.files.get('/etc/lamp/dust'),
      ).toBeDefined();
      await next.rest();
      expect(filesOf(reopened(path))).toEqual(first);
    },
  );

  it('brings files with a charm, and has its leader speak to the others', async () => {
    const words = join(emptyFolder(), 'words.txt');
    writeFileSync(words, 'fair winds');
    const metadata = 'name: one\nresources:\n  words:\n    type: file\n    filename: words.txt\n';
    const speaks = `case "$JUJU_DISPATCH_PATH" in
      hooks/start) words=$(resource-get words); if [ "$(is-leader)" = True ]; then leader-set "said=$(cat "$words")"; fi ;;
      hooks/leader-settings-changed) status-set active "heard: $(leader-get said)" ;;
    esac`;
    const charm = charmThat(speaks, metadata);
    const path = emptyFolder();
    await expect(
      reopened(path).deploy({ ...one('one', charm), resources: { deeds: words } }),
    ).rejects.toThrow('one has no resource deeds; it has words');
    await reopened(path).deploy({ ...one('one', charm, 2), resources: { words } });
    const model = reopened(path);
    await model.rest();
    const { units, applications } = model.world;
    expect(applications.one?.settings).toEqual({ said: 'fair winds' });
    expect(units['one/1']?.status).toEqual({ name: 'active', message: 'heard: fair winds' });
    expect(readFileSync(join(path, 'units/one-0/resources/words/words.txt'), 'utf8')).toBe(
      'fair winds',
    );
    const bare = reopened(emptyFolder());
    await bare.deploy(one('one', charm));
    await bare.rest();
    expect(bare.world.units['one/0']?.failed?.name).toBe('start');
  });

  it('has a unit lead in place of another, and says so to both', async () => {
    const told: string[] = [];
    const model = reopened(emptyFolder(), told);
    await model.deploy(one('clerk', clerk, 2));
    await model.rest();
    told.length = 0;
    await model.elect('clerk/1');
    await model.rest();
    expect(told).toEqual(['clerk/0 leader-settings-changed', 'clerk/1 leader-elected']);
    await model.act({ _tag: 'RemoveUnit', unit: 'clerk/1' });
    await model.rest();
    // Nobody has to be told who is next.
    expect(model.world.applications.clerk?.leader).toBe('clerk/0');
  });

  it('adds a unit that goes through all of its life, and takes peer relations down at last', async () => {
    const told: string[] = [];
    const model = reopened(emptyFolder(), told);
    const metadata =
      'name: one\nstorage:\n  data:\n    type: filesystem\npeers:\n  ones:\n    interface: ones\n';
    await model.deploy(one('one', charmThat('exit 0', metadata)));
    await model.rest();
    told.length = 0;
    await model.act({ _tag: 'AddUnit', application: 'one' });
    await model.rest();
    expect(told.filter((line) => line.startsWith('one/1 '))).toEqual(
      [
        ...['data-storage-attached', 'install', 'ones-relation-created', 'leader-settings-changed'],
        ...['config-changed', 'start', 'ones-relation-joined', 'ones-relation-changed'],
      ].map((hook) => `one/1 ${hook}`),
    );
    told.length = 0;
    await model.act({ _tag: 'RemoveUnit', unit: 'one/1' });
    await model.rest();
    const last = told.filter((line) => line.startsWith('one/1 '));
    expect(last.slice(-2)).toEqual(['one/1 stop', 'one/1 remove']);
    expect(last.slice(0, -2).sort()).toEqual([
      ...['one/1 data-storage-detaching', 'one/1 ones-relation-departed'],
    ]);
    await model.act({ _tag: 'RemoveApplication', application: 'one' });
    await model.rest();
    expect([model.world.units, model.world.relations]).toEqual([{}, {}]);
  });

  it('takes up another charm, with what operators have set', async () => {
    const path = emptyFolder();
    const told: string[] = [];
    const model = reopened(path, told);
    await model.deploy({ ...one('clerk', clerk), config: { database: 'ships' } });
    await model.rest();
    told.length = 0;
    const next = charmThat('status-set blocked newer', 'name: clerk\n');
    writeFileSync(
      join(next, 'config.yaml'),
      'options:\n  database: {type: string, default: ledger}\n  ink: {type: string, default: red}\n',
    );
    await model.refresh('clerk', next);
    await model.rest();
    expect(told).toEqual(['clerk/0 upgrade-charm', 'clerk/0 config-changed']);
    expect(configShown(reopened(path), 'clerk')).toMatchObject({
      settings: {
        database: { source: 'user', value: 'ships' },
        ink: { source: 'default', value: 'red' },
      },
    });
    expect(statusOf(reopened(path)).applications.clerk?.['application-status']).toEqual({
      ...{ current: 'blocked', message: 'newer' },
    });
  });
});

describe('the folder of a model', () => {
  it('is read by the version that has written it, and by no other', async () => {
    const path = emptyFolder();
    await reopened(path).deploy(one('clerk', clerk, 0));
    expect(() => new ModelFolder(path, '2.0').read()).toThrow(
      `the model in ${path} is one of hookchart 1.0, and this is 2.0: "destroy-model" takes it away`,
    );
    writeFileSync(join(path, 'model.json'), '{"format":"hookchart-juju"');
    expect(() => new ModelFolder(path, '1.0').read()).toThrow(/model.json is no model/);
    expect(() => new ModelFolder(join(path, 'gone'), '1.0').read()).toThrow('there is no model in');
  });

  it('is worked by one command at a time', () => {
    const path = emptyFolder();
    const unlock = new ModelFolder(path, '1.0').lock();
    expect(() => new ModelFolder(path, '1.0').lock()).toThrow(
      `another command (process ${process.pid}) is at work on ${path}`,
    );
    unlock();
    // Who was ended at once has left its lock behind.
    writeFileSync(join(path, 'lock'), '999999999');
    new ModelFolder(path, '1.0').lock()();
    expect(existsSync(join(path, 'lock'))).toBe(false);
  });

  it('is no folder in which something else is, which stays there in any case', async () => {
    const path = emptyFolder();
    writeFileSync(join(path, 'a-thesis'), 'of years');
    expect(() => new ModelFolder(path, '1.0').lock()).toThrow(/holds something else, and no model/);
    rmSync(join(path, 'a-thesis'));
    const model = reopened(path);
    await model.deploy(one('clerk', clerk));
    await model.rest();
    mkdirSync(join(path, 'notes'));
    model.folder.destroy();
    expect(readdirSync(path)).toEqual(['notes']);
  });
});

describe.skipIf(noPython !== null)(`a charm in Python by hand${noPython ?? ''}`, () => {
  it('has put off an event in one command, and is told of it in the next', {
    timeout: 180_000,
  }, async () => {
    const charm = emptyFolder();
    mkdirSync(join(charm, 'src'));
    writeFileSync(
      join(charm, 'charmcraft.yaml'),
      'name: almanac\nconfig:\n  options:\n    paper: {type: string, default: ""}\n',
    );
    writeFileSync(
      join(charm, 'src/charm.py'),
      `import ops

class Almanac(ops.CharmBase):
    def __init__(self, framework):
        super().__init__(framework)
        framework.observe(self.on.start, self._on_start)

    def _on_start(self, event):
        if not self.config['paper']:
            self.unit.status = ops.BlockedStatus('no paper')
            event.defer()
            return
        self.unit.status = ops.ActiveStatus('printed on ' + self.config['paper'])

if __name__ == '__main__':
    ops.main(Almanac)
`,
    );
    const path = emptyFolder();
    const first = reopened(path);
    await first.deploy({ ...one('almanac', charm), python: ops() });
    await first.rest();
    const saying = (model: HandModel) =>
      statusOf(model).applications.almanac?.['application-status'].message;
    expect(saying(first)).toBe('no paper');
    const next = reopened(path);
    await next.act({ _tag: 'ChangeConfig', application: 'almanac', values: { paper: 'white' } });
    await next.rest();
    expect(saying(next)).toBe('printed on white');
  });

  it('finds its container as the last command has left it', { timeout: 180_000 }, async () => {
    const path = emptyFolder();
    const told: string[] = [];
    const first = reopened(path, told);
    await first.deploy({ ...one('lantern', folderOf('kubernetes')), python: ops() });
    expect(statusOf(first).waiting).toContainEqual({
      ...{ unit: 'lantern/0', hook: 'the container lamp of lantern/0 is up' },
    });
    await first.rest();
    expect(told).toContain('lantern/0 lamp-pebble-ready');
    const lampOf = (model: HandModel) => model.world.outside.units['lantern/0']?.containers.lamp;
    const colour = (model: HandModel) =>
      lampOf(model)?.files.get('/etc/lamp/colour')?.bytes.toString();
    expect(colour(reopened(path))).toBe('white');

    const next = reopened(path, told);
    await next.act({ _tag: 'ChangeConfig', application: 'lantern', values: { colour: 'red' } });
    await next.rest();
    expect(colour(reopened(path))).toBe('red');
    expect(unitShown(reopened(path), 'lantern/0')).toMatchObject({
      'lantern/0': { containers: { lamp: { ready: true, services: ['lamp'] } } },
    });

    told.length = 0;
    const last = reopened(path, told);
    const [restart] = last.happenings('lamp restarts');
    if (restart === undefined) throw new Error('it has no container that is up');
    expect(await last.happen(restart)).toMatch(/lamp of lantern\/0 is lost/);
    expect([lampOf(last)?.isUp, colour(last)]).toEqual([false, undefined]);
    await last.rest();
    expect([told, colour(last)]).toEqual([['lantern/0 lamp-pebble-ready'], 'red']);
  });
});
