/** Builds the site: the packages' reference, a demo that is recorded anew, the pages; then its links. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const site = 'dist/docs';

for (const folder of ['docs/api', 'docs/public', site])
  rmSync(folder, { recursive: true, force: true });
mkdirSync('docs/public', { recursive: true });
run('typedoc');
run('node', 'dist/src/cli/main.js', 'demo', '--json', '--record', 'docs/public/demo.html');
run('vitepress', 'build', 'docs');

const pages = readdirSync(site, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.html'))
  .map((name) => join(site, name));
let links = 0;
const dead: string[] = [];
for (const page of pages)
  for (const link of linksOf(page)) {
    links += 1;
    if (!leadsSomewhere(page, link)) dead.push(`${relative(site, page)}: ${link}`);
  }
for (const line of dead) process.stdout.write(`${line} leads nowhere\n`);
process.stdout.write(
  `${pages.length} pages in ${site}, ${links} links, ${dead.length} of them dead\n`,
);
if (dead.length > 0 || links === 0) process.exitCode = 1;

function run(program: string, ...args: string[]): void {
  const { status } = spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PATH: `${resolve('node_modules/.bin')}:${process.env.PATH}` },
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`);
}

/** What a page refers to, where that is of the site itself; the page of the demo is a world of its own. */
function linksOf(page: string): readonly string[] {
  if (page.endsWith('demo.html')) return [];
  const found = readFileSync(page, 'utf8').matchAll(/\s(?:href|src)="([^"]*)"/g);
  return [...new Set([...found].map(([, link = '']) => link))].filter(
    (link) => !/^(https?:|data:|mailto:)/.test(link),
  );
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor = ''] = decodeURI(link.replaceAll('&amp;', '&')).split('#');
  const target =
    path === '' ? page : path.startsWith('/') ? join(site, path) : join(dirname(page), path);
  const file = target.endsWith('/') ? join(target, 'index.html') : target;
  try {
    if (!statSync(file).isFile()) return false;
  } catch {
    return false;
  }
  return anchor === '' || readFileSync(file, 'utf8').includes(`id="${anchor}"`);
}
