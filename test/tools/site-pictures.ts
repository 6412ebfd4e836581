/**
 * Makes pictures of the site that `npm run docs` has built: its first page and the playground, on a
 * desk and on a telephone, light and dark. They are looked at before the site is changed for good.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { findChromium } from '../browser/chromium.ts';
import { served } from '../browser/site.ts';

const [folder = 'dist/pictures', ...others] = process.argv.slice(2);

const sizes = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;

/** What is to be seen: the page, and what somebody does on it first. */
const views: Readonly<
  Record<string, { readonly path: string; readonly first?: (page: Page) => Promise<void> }>
> = {
  landing: { path: '/index.html' },
  demo: {
    path: '/index.html',
    first: async (page) => {
      await page.locator('.demo iframe').scrollIntoViewIfNeeded();
      await page.frameLocator('.demo iframe').locator('.node.lit').first().waitFor();
    },
  },
  playground: { path: '/playground.html' },
  'playground-answered': {
    path: '/playground.html',
    first: async (page) => {
      for (const answer of ['done', 'yes', 'done'])
        await page.getByRole('button', { name: answer, exact: true }).click();
      await page.getByText('returns').first().scrollIntoViewIfNeeded();
    },
  },
  'playground-broken': {
    path: '/playground.html',
    first: async (page) => {
      await page.getByLabel('A chart to begin with').selectOption('a broken one');
      await page.locator('.problems li').waitFor();
    },
  },
};

if (others.length > 0) {
  process.stderr.write('npm run -s picture -- site [FOLDER]\n');
  process.exitCode = 2;
} else {
  mkdirSync(folder, { recursive: true });
  const server = await served('dist/docs');
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  try {
    for (const [name, { path, first }] of Object.entries(views))
      for (const [size, viewport] of Object.entries(sizes))
        for (const colorScheme of ['light', 'dark'] as const) {
          const page = await browser.newPage({ viewport, colorScheme });
          await page.goto(`${server.origin}${path}`);
          await page.locator('.node').first().waitFor();
          await first?.(page);
          const file = join(folder, `${name}-${size}-${colorScheme}.png`);
          await page.screenshot({ path: file, animations: 'disabled' });
          process.stdout.write(`${file}\n`);
          await page.close();
        }
  } finally {
    await browser.close();
    await server.close();
  }
}
