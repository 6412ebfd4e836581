import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordingIn } from '../inspector/recording-in.ts';
import { DemoExhibit, lit, now } from './exhibit.ts';

const demo = new DemoExhibit();

describe('the page of a recorded demo', () => {
  it('is one file of less than 1 MB, and is seen within a second', async () => {
    expect(statSync(demo.file).size).toBeLessThan(1_000_000);
    const views: number[] = [];
    // The quickest of three: what else this machine does is no matter of the page.
    for (const _ of [1, 2, 3]) {
      const page = await demo.exhibit.browser.newPage();
      const started = performance.now();
      await page.goto(demo.link());
      await page.locator('.node.lit').first().waitFor();
      views.push(performance.now() - started);
      await page.close();
    }
    expect(Math.min(...views)).toBeLessThan(1_000);
  });

  it('asks nothing of any network, and has no fault', async () => {
    const { page, requests, problems } = await demo.open();
    await page.keyboard.press('ArrowRight');
    expect(requests.filter((url) => !/^(file|data):/.test(url))).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('shows no password, neither in its file nor in what is seen of it', async () => {
    expect(demo.secrets.length).toBeGreaterThan(5);
    const file = readFileSync(demo.file, 'utf8');
    expect(recordingIn(file)).toEqual(demo.recording);
    const text = `${file}${JSON.stringify(recordingIn(file))}`;
    const { page } = await demo.open(`#run=${demo.provisioning.id}&step=8`);
    await page.locator('details').evaluateAll((all) => {
      for (const one of all) one.setAttribute('open', '');
    });
    const seen = await page.content();
    expect(seen).toContain('********');
    for (const secret of demo.secrets) {
      expect(text.includes(secret)).toBe(false);
      expect(seen.includes(secret)).toBe(false);
    }
    await page.close();
  });

  it('says of a file whose recording was cut off that it cannot be unpacked', async () => {
    const whole = readFileSync(demo.file, 'utf8');
    const data = whole.indexOf('id="recording">') + 'id="recording">'.length;
    const half = (data + whole.indexOf('<', data)) >> 1;
    const file = join(dirname(demo.file), 'cut-off.html');
    writeFileSync(file, whole.slice(0, half));
    const page = await demo.exhibit.browser.newPage();
    await page.goto(demo.link('', file));
    await page
      .getByText(/recording in this page cannot be unpacked: the file was cut off/)
      .waitFor();
    await page.close();
  });

  it('draws the chart with the shapes and the words of its source', async () => {
    const { page } = await demo.open(`#run=${demo.provisioning.id}`);
    const shapes = await page
      .locator('.node')
      .evaluateAll((nodes) =>
        nodes.map((node) => [node.getAttribute('data-node'), node.classList[1], node.textContent]),
      );
    expect(shapes).toContainEqual(['is_backend_ready', 'question', 'Is backenddatabase ready?']);
    expect(shapes).toContainEqual(['defer', 'defer', 'defer']);
    expect(shapes).toContainEqual(['hook_fired', 'terminal', 'database-requested Hook']);
    expect(shapes).toContainEqual(['create_user_and_db', 'step', 'Create user and database']);
    expect(await page.locator('.edge text').allTextContents()).toEqual(['no', 'yes', 'no', 'yes']);
    await page.close();
  });

  it('opens a run with its whole path lit, and how it ended in words', async () => {
    const { page } = await demo.open(`#run=${demo.provisioning.id}`);
    const { path = [] } = demo.provisioning.charts[0] ?? {};
    expect(new Set(await lit(page))).toEqual(new Set(path));
    expect(await now(page)).toMatch(/: returned$/);
    expect(await page.locator('.ended').textContent()).toBe('returned');
    // What it changed stands before what was said, and that before what it left as it was.
    const parts = await page.locator('.details h3').allTextContents();
    expect(parts).toEqual(['Changed', 'Steps', 'As it was']);
    await page.close();
  });

  it('lights the path step by step, and back again', async () => {
    const { page } = await demo.open(`#run=${demo.provisioning.id}&step=0`);
    expect(await lit(page)).toEqual(['hook_fired']);
    await page.getByRole('button', { name: 'Step forward' }).click();
    await page.getByRole('button', { name: 'Step forward' }).click();
    expect(await lit(page)).toEqual(['hook_fired', 'is_backend_ready', 'is_leader']);
    expect(await now(page)).toContain('is_leader: Leader, yes');
    await page.getByRole('button', { name: 'Step back' }).click();
    expect(await lit(page)).toEqual(['hook_fired', 'is_backend_ready']);
    await page.getByRole('button', { name: 'Step back' }).click();
    await page.getByRole('button', { name: 'Step back' }).click();
    // Before the first step is the last one of the run before.
    expect(await now(page)).toContain('returned');
    await page.close();
  });

  it('jumps: by the slider, by the list of steps, by a node', async () => {
    const { page } = await demo.open(`#run=${demo.provisioning.id}`);
    await page.getByLabel('Step of this run').fill('5');
    expect(await now(page)).toContain('add_user');
    await page.locator('.steps').getByRole('button', { name: 'get_user' }).click();
    expect(await now(page)).toContain('get_user: GetUser, done');
    await page.getByLabel('Step of this run').fill('8');
    await page.locator('[data-node=is_leader]').click();
    expect(await now(page)).toContain('is_leader');
    await page.close();
  });

  it('plays from run to run, and stops where it is told to', async () => {
    const { page } = await demo.open();
    const first = await page.locator('.row[aria-selected=true]').getAttribute('id');
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await expect
      .poll(() => page.locator('.row[aria-selected=true]').getAttribute('id'), { timeout: 20_000 })
      .not.toBe(first);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    await page.close();
  });

  it('shows each chart of a hook that delivers what was deferred', async () => {
    const hook = demo.runs.find(
      ({ charts: [first, second] }) =>
        first?.hook === 'database-requested' && second?.hook === 'update-status',
    );
    const { page } = await demo.open(`#run=${hook?.id}`);
    const charts = page
      .getByRole('navigation', { name: 'Charts of this hook' })
      .getByRole('button');
    // What is left to do at its end comes after them.
    expect((await charts.allTextContents()).slice(0, 2)).toEqual([
      'database-requested of relation 9',
      'update-status',
    ]);
    await charts.nth(1).click();
    expect(await page.locator('.node').first().textContent()).toBe('update-status Hook');
    expect(await lit(page)).toEqual(hook?.charts[1]?.path);
    await charts.first().click();
    expect(await page.locator('.node').first().textContent()).toBe('database-requested Hook');
    await page.close();
  });

  it('shows why a hook was put off', async () => {
    const hook = demo.runs.find(({ charts }) => charts[0]?.end?._tag === 'Deferred');
    const { page } = await demo.open(`#run=${hook?.id}&step=2`);
    expect(await lit(page)).toEqual(['hook_fired', 'is_backend_ready', 'defer']);
    expect(await page.locator('.edge.lit text').allTextContents()).toEqual(['no']);
    expect(await page.locator('.ended').textContent()).toContain('is not available');
    expect(await page.locator('.head').textContent()).toContain('waiting for the backend database');
    await page.close();
  });

  it('shows what was asked and answered at a node, with its time', async () => {
    const { page } = await demo.open(`#run=${demo.provisioning.id}&step=3`);
    const line = page.locator('.steps [aria-current=step]');
    expect(await line.locator('summary').textContent()).toMatch(/^GetUser → done [\d.]+ ms$/);
    expect(await line.getByRole('button').textContent()).toBe('get_user');
    await line.locator('summary').click();
    const told = JSON.parse((await line.locator('pre').textContent()) ?? '');
    expect(told.request).toEqual({ _tag: 'GetUser', relation: 4 });
    expect(told.answer.learned.granted.grant).toMatchObject({
      user: 'relation_id_4',
      password: '********',
    });
    await page.close();
  });

  it('shows databags before and after, the ledger, and what changed in the configuration', async () => {
    const { page } = await demo.open(`#run=${demo.provisioning.id}`);
    const bag = page.getByRole('region', { name: 'Databag relation 4: pgbouncer-k8s' });
    const username = bag.locator('tr', { hasText: 'username' });
    expect(await username.getAttribute('class')).toBe('added');
    expect(await username.locator('td').allTextContents()).toEqual(['+added', 'relation_id_4']);
    // There was nothing before, and so there is no column for it.
    expect(await bag.getByRole('columnheader').allTextContents()).toEqual([
      'Change',
      'Key',
      'Value',
    ]);
    const record = page.getByRole('region', { name: 'Ledger, changed' }).locator('.card');
    expect(await record.textContent()).toMatch(
      /^relation 4 is newstatepublisheduserrelation_id_4databaseapplication_first_databaseattributesCREATEDB, CREATEROLEpublished\.endpoints127/,
    );
    expect(await page.locator('.did').textContent()).toContain(
      'role relation_id_4 may use database application_first_database',
    );
    expect(JSON.parse((await bag.locator('pre.json').first().textContent()) ?? '')).toMatchObject({
      database: 'application_first_database',
    });
    const added = page.locator('ins').filter({ hasText: 'application_first_database =' });
    expect(await added.count()).toBe(1);
    await page.close();
  });
});
