/// <reference lib="dom" />
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import type { HookEntry, Recording } from '../../src/inspector/index.ts';
import { findChromium } from './chromium.ts';
import { recordDemo } from './recorded-demo.ts';

/** The distribution's Chromium, which asks nobody for anything by itself. */
const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: findChromium(),
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** A page with all that it asked of any network, and all that went wrong in it. */
export interface Watched {
  readonly page: Page;
  readonly requests: string[];
  readonly problems: string[];
}

type PageOptions = NonNullable<Parameters<Browser['newPage']>[0]>;

/** A browser and a folder for the tests of one file. */
export class Exhibit {
  #browser: Browser | null = null;
  readonly folder = mkdtempSync(join(tmpdir(), 'hookchart-browser-'));

  /** What the tests of a file share; it is there before them, and gone after them. */
  static before(
    prepare: (exhibit: Exhibit) => Promise<void> = async () => {},
    patience?: number,
  ): Exhibit {
    const exhibit = new Exhibit();
    beforeAll(async () => {
      await prepare(exhibit);
      exhibit.#browser = await startBrowser();
    }, patience);
    afterAll(async () => {
      await exhibit.#browser?.close();
      rmSync(exhibit.folder, { recursive: true, force: true });
    });
    return exhibit;
  }

  get browser(): Browser {
    if (this.#browser === null) throw new Error('the browser has not been started yet');
    return this.#browser;
  }

  async open(url: string, options: PageOptions = {}): Promise<Watched> {
    const page = await this.browser.newPage({ viewport: { width: 1500, height: 900 }, ...options });
    const requests: string[] = [];
    const problems: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('websocket', (socket) => requests.push(socket.url()));
    page.on('pageerror', (error) => problems.push(String(error.stack)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.goto(url);
    await page.locator('#app h1').waitFor();
    return { page, requests, problems };
  }

  /** Writes a recording as one file, as the command does it, and gives its path. */
  pageOf(content: object, name: string): string {
    const [json, html] = [join(this.folder, `${name}.json`), join(this.folder, `${name}.html`)];
    writeFileSync(json, JSON.stringify(content));
    execFileSync(process.execPath, ['dist/src/cli/main.js', 'inspect', json, '--out', html]);
    return html;
  }
}

/** The demo, recorded anew, as one file; and what is looked for in it. */
export class DemoExhibit {
  recording!: Recording;
  secrets: readonly string[] = [];
  file = '';
  readonly exhibit = Exhibit.before(async (exhibit) => {
    const recorded = await recordDemo();
    this.recording = recorded.recording;
    this.secrets = recorded.secrets;
    this.file = exhibit.pageOf(recorded.recording, 'demo');
  });

  get runs(): readonly HookEntry[] {
    return this.recording.entries.filter((entry) => entry._tag === 'Hook');
  }

  /** The run that provisions the first relation. */
  get provisioning(): HookEntry {
    const found = this.runs.find(({ charts }) => (charts[0]?.path.length ?? 0) > 8);
    if (found === undefined) throw new Error('nothing was provisioned');
    return found;
  }

  link(hash = '', file = this.file): string {
    return `${pathToFileURL(file)}${hash}`;
  }

  async open(hash = '', options: PageOptions = {}): Promise<Watched> {
    const watched = await this.exhibit.open(this.link(hash), options);
    await watched.page.locator('.row').first().waitFor();
    return watched;
  }
}

/** The sentence that says where the page is. */
export const now = (page: Page) => page.locator('.now').textContent();

export const lit = (page: Page) =>
  page
    .locator('.node.lit')
    .evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-node')));

/** How many entries the page says are listed; of a long list only some are drawn. */
export async function rows(page: Page): Promise<number> {
  const said = (await page.locator('.count').textContent()) ?? '';
  return Number(/^(\d+) of \d+ entries/.exec(said)?.[1]);
}

/** Whether all of it is seen, without a scroll or a click. */
export async function isSeen(page: Page, what: Locator): Promise<boolean> {
  const box = await what.boundingBox();
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  if (box === null || box.x < 0 || box.y < 0) return false;
  if (box.x + box.width > width || box.y + box.height > height) return false;
  // What lies under something else, or is scrolled away within a panel, is not hit there.
  return await what.evaluate((element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    const hit = document.elementFromPoint(left + Math.min(width / 2, 40), top + height / 2);
    return hit !== null && (element.contains(hit) || hit.contains(element));
  });
}

/** How many pixels of the lanes have a colour of the page; of so many columns at their end. */
export const painted = (page: Page, colour: string, columns?: number) =>
  page.locator('.lanes canvas').evaluate(
    (canvas: HTMLCanvasElement, [name, some]) => {
      const probe = document.createElement('i');
      probe.style.color = `var(${name})`;
      document.body.append(probe);
      const [red, green, blue] = getComputedStyle(probe).color.match(/\d+/g)?.map(Number) ?? [];
      probe.remove();
      const context = canvas.getContext('2d');
      if (context === null) throw new Error('nothing is painted');
      const { data } = context.getImageData(
        canvas.width - (some ?? canvas.width),
        0,
        some ?? canvas.width,
        canvas.height,
      );
      let count = 0;
      for (let at = 0; at < data.length; at += 4)
        if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) count += 1;
      return count;
    },
    [colour, columns] as const,
  );
