/** What Pebble tells a charm of its workloads: checks that fail and recover, and notices. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { environmentOf } from '../../src/foreign/hook-environment.ts';
import {
  asksAndReads,
  HandModel,
  ModelFolder,
  openForeignCharm,
  soakForeign,
} from '../../src/foreign/index.ts';
import { type Container, containerDown } from '../../src/foreign/pebble/container.ts';
import { Pod } from '../../src/foreign/pod.ts';
import {
  callsOf,
  checksFail,
  checksRecover,
  restarts,
  workloadEvents,
} from '../../src/foreign/workload-events.ts';
import { type Hook, viewOf, worldOf } from '../../src/testing/index.ts';
import { lighthouseThat } from '../testing/lighthouse.ts';
import { type Edit, folderOf, noPython, ops, planted } from './tiny-charms.ts';

const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

const notices = [{ container: 'lamp', key: 'example.com/oil' }];

/** Its lamp has a check, and the charm hears of that, of notices, and of what comes otherwise. */
const heard = (failed: string, recovered: string, noticed: string): readonly Edit[] => [
  [
    "        return {'services': {'lamp': service}}",
    `        check = {'override': 'replace', 'threshold': 2, 'exec': {'command': 'true'}}
        return {'services': {'lamp': service}, 'checks': {'lit': check}}

    def _failed(self, event):
        assert event.info.status == ops.pebble.CheckStatus.DOWN or event.info.failures == 0
        ${failed}

    def _recovered(self, event):
        assert event.info.name == 'lit'
        ${recovered}

    def _noticed(self, event):
        assert (event.notice.key, event.notice.occurrences > 0) == ('example.com/oil', True)
        ${noticed}`,
  ],
  [
    "        light = self.on['light']\n",
    `        light = self.on['light']
        framework.observe(self.on.lamp_pebble_check_failed, self._failed)
        framework.observe(self.on.lamp_pebble_check_recovered, self._recovered)
        framework.observe(self.on.lamp_pebble_custom_notice, self._noticed)
`,
  ],
  ['            self.on.update_status,\n', ''],
];

async function violated(edits: readonly Edit[], hooks = 500): Promise<readonly string[]> {
  const folder = planted('kubernetes', edits);
  made.push(folder);
  const charm = await openForeignCharm(folder, {
    ...{ python: ops(), notices },
    others: { light: { script: asksAndReads, requests: [{ room: 'attic' }] } },
  });
  try {
    const { failure } = await soakForeign(charm, { hooks, seed: 1, shrinkSeconds: 0 });
    return failure?.violated.violations.map(({ invariant, what }) => `${invariant}: ${what}`) ?? [];
  } finally {
    charm.close();
  }
}

describe.skipIf(noPython !== null)(
  `a charm that Pebble tells of its workload${noPython ?? ''}`,
  { timeout: 240_000 },
  () => {
    it('violates nothing where it does what it should', async () => {
      const stops = "self.lamp.stop('lamp')";
      expect(await violated(heard(stops, 'self._look(event)', 'self._look(event)'))).toEqual([]);
    });

    it('is told what is done by hand', async () => {
      const told: string[] = [];
      const charm = planted('kubernetes', heard('pass', 'pass', 'pass'));
      const path = mkdtempSync(join(tmpdir(), 'hookchart-told-'));
      made.push(charm, path);
      const model = new HandModel(new ModelFolder(path, '1.0'), ({ unit, hook, failure }) =>
        told.push(`${unit} ${hook}${failure === null ? '' : `: ${failure}`}`),
      );
      try {
        const application = { application: 'lantern', units: 1, config: {}, folder: charm };
        await model.deploy({ ...application, python: ops() });
        await model.rest();
        told.length = 0;
        for (const kind of [checksFail, checksRecover]) {
          for (const action of model.ofWorkloads('lantern/0', kind)) await model.happen(action);
          await model.rest();
        }
        await model.notify('lantern/0', { container: 'lamp', key: 'example.com/oil' });
        await model.rest();
      } finally {
        model.close();
      }
      expect(told).toEqual([
        'lantern/0 lamp-pebble-check-failed',
        'lantern/0 lamp-pebble-check-recovered',
        'lantern/0 lamp-pebble-custom-notice',
      ]);
    });

    it('is found out where it does not start again what it has stopped', async () => {
      const found = await violated(heard("self.lamp.stop('lamp')", 'pass', 'pass'));
      expect(found).toContainEqual(expect.stringMatching(/^WorkloadHolds: the service lamp/));
    });

    // Where it fails on two units, neither knows that the other one does not come to its help.
    const alone = "if self.unit.name == 'lantern/0': ";

    it('is found out where it fails once a check has recovered', async () => {
      const fails = `${alone}raise KeyError('wick')`;
      expect(await violated(heard('pass', fails, 'pass'))).toEqual([
        expect.stringMatching(/^HooksSucceed: .* in lamp-pebble-check-recovered: .*KeyError/),
      ]);
    });

    it('is found out where it counts on what a notice does not say', async () => {
      const counts = `${alone}event.notice.last_data['litres']`;
      expect(await violated(heard('pass', 'pass', counts))).toEqual([
        expect.stringMatching(/^HooksSucceed: .* in lamp-pebble-custom-notice: .*KeyError/),
      ]);
    });
  },
);

describe('what becomes of a workload', () => {
  const check = { override: 'replace', exec: { command: 'true' } };
  const layer = {
    ...{ label: 'lamp', services: {}, 'log-targets': {} },
    checks: { lit: check, off: { ...check, startup: 'disabled' } },
  };
  const lamp: Container = { ...containerDown([]), isUp: true, layers: [layer] };
  const pod = new Pod({ containers: { lamp } });
  const events = workloadEvents([{ containers: [{ name: 'lamp', volumes: [] }] }], notices);
  const became = (before: Pod, kind: string): Pod => events[kind]?.becomes(before) ?? before;
  const notifies = 'lamp notifies example.com/oil';

  it('calls for a hook of each check that Pebble makes, and of each notice', () => {
    const failing = became(pod, checksFail('lamp'));
    const failed: Hook = { name: 'lamp-pebble-check-failed', check: 'lit' };
    expect(callsOf(pod, failing)).toEqual([failed]);
    expect(events[checksFail('lamp')]?.when?.(failing)).toBe(false);
    expect(callsOf(failing, became(failing, checksRecover('lamp')))).toEqual([
      { name: 'lamp-pebble-check-recovered', check: 'lit' },
    ]);
    const noticed = became(pod, notifies);
    const notice = { id: '1', type: 'custom', key: 'example.com/oil' };
    for (const [before, now] of [
      [pod, noticed],
      [noticed, became(noticed, notifies)],
    ] as const)
      expect(callsOf(before, now)).toEqual([{ name: 'lamp-pebble-custom-notice', notice }]);
  });

  it('calls for none where all of it is lost', () => {
    const full = became(became(pod, notifies), checksFail('lamp'));
    expect(callsOf(full, became(full, restarts('lamp')))).toEqual([]);
    expect(events[checksFail('lamp')]?.when?.(became(full, restarts('lamp')))).toBe(false);
  });

  it('is told in the environment', () => {
    const world = worldOf(lighthouseThat(true), { units: 1, requirers: {} });
    const told = (hook: Hook) => {
      const view = viewOf(world, 'lighthouse/0', hook);
      const all = environmentOf(view, { programs: '', socket: '' }, '', '');
      const names = /^JUJU_(WORKLOAD|PEBBLE|NOTICE)/;
      return Object.fromEntries(Object.entries(all).filter(([name]) => names.test(name)));
    };
    expect(told({ name: 'lamp-pebble-check-failed', check: 'lit' })).toEqual({
      JUJU_WORKLOAD_NAME: 'lamp',
      JUJU_PEBBLE_CHECK_NAME: 'lit',
    });
    const notice = { id: '1', type: 'custom', key: 'example.com/oil' };
    expect(told({ name: 'lamp-pebble-custom-notice', notice })).toEqual({
      JUJU_WORKLOAD_NAME: 'lamp',
      JUJU_NOTICE_ID: '1',
      JUJU_NOTICE_TYPE: 'custom',
      JUJU_NOTICE_KEY: 'example.com/oil',
    });
  });

  it('is to be what a workload of the charm can tell', async () => {
    const open = (container: string, key: string) =>
      openForeignCharm(folderOf('kubernetes'), { notices: [{ container, key }] });
    await expect(open('oven', 'example.com/oil')).rejects.toThrow(
      'lantern has no container oven; it has lamp',
    );
    await expect(open('lamp', 'oil')).rejects.toThrow('Pebble takes no notice of oil');
  });
});
