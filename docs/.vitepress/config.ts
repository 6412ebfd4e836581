/** The site of these pages. Charts are drawn by the program itself, from their Mermaid source. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { layout, parse, svg } from 'hookchart/chart';
import { defineConfig } from 'vitepress';

/** A chart's picture, of whichever charm it is, with the title that its first node has. */
function picture(source: string): string {
  const chart = parse(source);
  if (chart._tag === 'Left') throw new Error(`${chart.left.message} in the chart\n${source}`);
  const title = chart.right.nodes[0]?.label.replace(/ Hook$/, '') ?? 'chart';
  const placed = layout(chart.right);
  const drawn = svg(placed, title);
  // Narrower than this its letters are too small to be read: it is moved in its box then.
  return drawn.replace('<svg ', `<svg style="min-width:${Math.ceil((placed.width * 12) / 13)}px" `);
}

/** Which doors of the package stand together; what is in no group comes last. */
const doors = [
  ['For a charm', ['hookchart', 'hookchart/juju', 'hookchart/chart']],
  ['For its tests, and to look at it', ['hookchart/testing', 'hookchart/inspect']],
  ["PgBouncer's", ['hookchart/machines', 'hookchart/pgbouncer', 'hookchart/pgbouncer/testing']],
] as const;

/** A page for each door of the package, by what it is imported as. */
function packages() {
  const overview = { text: 'All doors', link: '/api/index' };
  if (!existsSync('docs/api')) return [overview];
  const pages = readdirSync('docs/api', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && name !== 'index.md')
    .map((name) => {
      const [, text = name] = /^# (.*)$/m.exec(readFileSync(join('docs/api', name), 'utf8')) ?? [];
      return { text, link: `/api/${name.replace(/\.md$/, '')}` };
    });
  const grouped = doors.map(([text, names]) => ({
    text,
    items: names.flatMap((name) => pages.filter((page) => page.text === name)),
  }));
  const placed = new Set(grouped.flatMap(({ items }) => items));
  return [overview, ...grouped, ...pages.filter((page) => !placed.has(page))];
}

// biome-ignore lint/style/noDefaultExport: vitepress reads the default export.
export default defineConfig({
  title: 'hookchart',
  description: 'Juju hooks as flowcharts',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  outDir: '../dist/docs',
  cacheDir: '../dist/docs-cache',
  cleanUrls: false,
  // The pages of the packages are made by another command, which looks at all links.
  ignoreDeadLinks: !existsSync('docs/api'),
  vite: {
    logLevel: 'warn',
    build: { chunkSizeWarningLimit: 2_000 },
    esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  },
  markdown: {
    // Of the others' colours the comments are too faint to be read.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: (markdown) => {
      const fence = markdown.renderer.rules.fence?.bind(markdown.renderer.rules);
      markdown.renderer.rules.fence = (...args) => {
        const [tokens, index] = args;
        const token = tokens[index];
        if (token?.info.trim() !== 'mermaid') return fence?.(...args) ?? '';
        return `<div class="chart" tabindex="0" v-pre>${picture(token.content)}</div>`;
      };
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Playground', link: '/playground' },
      { text: 'Tutorial', link: '/tutorial' },
      { text: 'Reference', link: '/commands' },
      { text: 'Design', link: '/design' },
      { text: 'Security', link: '/security' },
    ],
    sidebar: [
      {
        text: 'Tutorial',
        items: [
          { text: 'Your first charm', link: '/tutorial' },
          { text: 'A second charm: an ingress', link: '/ingress/index' },
        ],
      },
      {
        text: 'How to',
        items: [
          { text: 'From drawing to program', link: '/new-charm' },
          { text: 'Make a charm, or embed one', link: '/embed' },
          { text: 'Write an adapter', link: '/write-an-adapter' },
          { text: 'Test with properties', link: '/test-with-properties' },
          { text: 'Test your Python charm', link: '/test-your-charm' },
          { text: 'A Juju by hand', link: '/juju-by-hand' },
          { text: 'Published charms', link: '/published-charms' },
          { text: 'Pack a charm', link: '/pack' },
          { text: 'Deploy the charm', link: '/charm' },
          { text: 'TLS to clients', link: '/tls' },
          { text: 'Upgrade and rollback', link: '/upgrade' },
          { text: 'Monitoring', link: '/monitoring' },
          { text: 'Operate it', link: '/operate' },
          { text: 'Read a run', link: '/read-a-run' },
          { text: 'Trace hooks', link: '/tracing' },
        ],
      },
      {
        text: 'Reference',
        items: [
          { text: 'Commands', link: '/commands' },
          { text: 'Ports', link: '/ports' },
          { text: 'Errors', link: '/errors' },
          { text: 'Hooks: database', link: '/hooks/database' },
          { text: 'Hooks: peers', link: '/hooks/pgb-peers-relation-changed' },
          { text: 'Hooks: certificates', link: '/hooks/certificates-relation-changed' },
          { text: 'Hooks: leader-elected', link: '/hooks/leader-elected' },
          { text: 'Hooks: update-status', link: '/hooks/update-status' },
          { text: 'What is left to do', link: '/hooks/left-to-do' },
          { text: 'Glossary', link: '/glossary' },
        ],
      },
      { text: 'Packages', items: packages() },
      {
        text: 'Explanation',
        items: [
          { text: 'Design', link: '/design' },
          { text: 'A hook from end to end', link: '/a-hook-from-end-to-end' },
          { text: 'Security', link: '/security' },
          { text: 'The holes of the charts', link: '/holes' },
          { text: 'The numbers of tests', link: '/numbers' },
          { text: 'What is verified', link: '/verify' },
        ],
      },
    ],
  },
});
