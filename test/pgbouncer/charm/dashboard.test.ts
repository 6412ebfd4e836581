import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dashboardsOf } from '../../../src/pgbouncer/charm/dashboard.ts';
import { xzOf } from '../../../src/pgbouncer/charm/xz.ts';
import { RealCharm } from './charm.ts';
import type { Instead } from './stand-in.ts';

const [leader, follower] = ['pgbouncer/0', 'pgbouncer/1'];
const relation = 99;
const name = `grafana-dashboard:${relation}`;
const file = readFileSync('src/pgbouncer/packaging/grafana-dashboard.json', 'utf8');

let charm: RealCharm;
let said: Record<string, string> = {};
beforeAll(async () => {
  charm = await RealCharm.start({ units: 2, hasSecrets: true, requirers: {} });
  await charm.settle();
}, 120_000);
afterAll(() => charm.stop());

const grafana: Instead = ({ tool, args, input }) => {
  const done = (value: unknown) => ({ code: 0, error: '', out: `${JSON.stringify(value)}\n` });
  if (tool === 'relation-ids' && args.includes('grafana-dashboard')) return done([name]);
  if (!args.includes(name)) return null;
  if (tool === 'relation-get') return done(said);
  if (tool !== 'relation-set') throw new Error(`${tool} is not asked`);
  expect(args).toContain('--app');
  said = { ...said, ...JSON.parse(input) };
  return { code: 0, error: '', out: '' };
};

async function hook(unit: string, event: string) {
  const about = event.startsWith('grafana-') ? { relation, remoteApplication: 'grafana' } : {};
  const ended = await charm.hook(unit, { name: event, ...about }, { instead: grafana });
  expect(ended).toMatchObject({ code: 0, error: '' });
  return ended.calls.filter(({ tool }) => tool === 'relation-set');
}

/** What who takes it makes of what is said: with a program that knows the format. */
const unpacked = (content: Buffer) =>
  execFileSync('xz', ['--decompress', '--stdout', '--format=xz'], { input: content }).toString();

describe('the dashboard', () => {
  it.each([0, 1, 2, 3, 4, 65_536, 65_537, 200_001])(
    'of %i characters is packed whole',
    (length) => {
      const text = Array.from({ length }, (_, at) => String.fromCharCode(97 + (at % 26))).join('');
      expect(unpacked(xzOf(text))).toBe(text);
    },
  );

  it('is what Grafana’s charm library reads', () => {
    const { templates, uuid } = JSON.parse(dashboardsOf(file));
    expect(uuid).toMatch(/^[0-9a-f]{32}$/);
    const { content, ...template } = templates['file:pgbouncer'];
    expect(template).toEqual({
      ...{ charm: 'hookchart-pgbouncer', inject_dropdowns: false },
      dashboard_alt_uid: JSON.parse(file).uid,
    });
    expect(Object.keys(templates)).toEqual(['file:pgbouncer']);
    expect(unpacked(Buffer.from(content, 'base64'))).toBe(file);
    // Juju takes databags of this size.
    expect(content.length).toBeLessThan(100_000);
  });

  it('is given by the leader alone, once, and to who comes while another one leads', async () => {
    expect(await hook(follower, 'grafana-dashboard-relation-created')).toEqual([]);
    expect(said).toEqual({});
    expect(await hook(leader, 'grafana-dashboard-relation-created')).toHaveLength(1);
    expect(said).toEqual({ dashboards: dashboardsOf(file) });
    expect(await hook(leader, 'grafana-dashboard-relation-created')).toEqual([]);
    said = { dashboards: 'of another version' };
    await hook(leader, 'upgrade-charm');
    expect(said).toEqual({ dashboards: dashboardsOf(file) });
    said = {};
    await hook(leader, 'leader-elected');
    expect(said).toEqual({ dashboards: dashboardsOf(file) });
  });
});
