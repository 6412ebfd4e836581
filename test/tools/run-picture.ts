/** Makes `docs/a-run.png`: the page of a demo that is recorded anew, at the run that serves the first relation. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from '../browser/chromium.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookchart-picture-'));
const demo = join(folder, 'demo.html');
try {
  execFileSync(process.execPath, ['dist/src/cli/main.js', 'demo', '--json', '--record', demo], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(String(pathToFileURL(demo)));
    await page.locator('.row', { hasText: 'database-relation-changed' }).nth(1).click();
    await page.locator('.node.lit').first().waitFor();
    await page.screenshot({ path: 'docs/a-run.png' });
  } finally {
    await browser.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
