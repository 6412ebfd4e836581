/** Makes the picture of a trace: the charm's real hook, told to a Jaeger that runs here, as it shows it. */
import { setTimeout } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import * as v from 'valibot';
import { findChromium } from '../browser/chromium.ts';
import { RealCharm } from '../pgbouncer/charm/charm.ts';

const [page, collector, file, ...others] = process.argv.slice(2);

const found = v.object({ data: v.array(v.object({ traceID: v.string() })) });

/** Provisions for an application, and tells of it. */
async function provision(url: string): Promise<void> {
  const charm = await RealCharm.start({
    units: 1,
    hasSecrets: true,
    requirers: { application: { units: 1, request: { database: 'app' } } },
  });
  const leader = 'pgbouncer/0';
  try {
    await charm.settle();
    await charm.take({ _tag: 'Relate', application: 'application' });
    const hook = await charm.until(leader, 'database-relation-changed');
    const variables = { HOOKCHART_OTLP: url };
    const ended = await charm.take({ _tag: 'RunHook', unit: leader, hook }, { variables });
    if (ended?.code !== 0 || ended.error !== '') throw new Error(ended?.error ?? 'no hook was run');
  } finally {
    await charm.stop();
  }
}

/** The trace, once Jaeger has stored it. */
async function traceIn(jaeger: string): Promise<string> {
  for (let tries = 0; tries < 50; tries++) {
    const response = await fetch(new URL('/api/traces?service=pgbouncer&limit=1', jaeger));
    const [trace] = v.parse(found, await response.json()).data;
    if (trace !== undefined) return trace.traceID;
    await setTimeout(200);
  }
  throw new Error(`${jaeger} has no trace of pgbouncer`);
}

async function picture(jaeger: string, trace: string, path: string): Promise<void> {
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: ['--no-sandbox'],
  });
  try {
    const view = await browser.newPage({ viewport: { width: 1440, height: 860 } });
    await view.goto(new URL(`/trace/${trace}`, jaeger).href);
    await view.locator('.span-name', { hasText: 'create_user_and_db' }).click();
    await view.getByText('Tags:').click();
    await view.getByText('hookchart.masked').waitFor();
    await view.screenshot({ path });
  } finally {
    await browser.close();
  }
}

if (page === undefined || collector === undefined || file === undefined || others.length > 0) {
  process.stderr.write('npm run -s picture -- trace JAEGER COLLECTOR FILE\n');
  process.exitCode = 2;
} else {
  await provision(collector);
  await picture(page, await traceIn(page), file);
}
