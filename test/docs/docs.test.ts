import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { afterAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { hooks } from '../../machines/index.ts';
import { chartOf, chartsIn, compare, parse } from '../../src/chart/index.ts';
import { HookMisuse, nodesOf } from '../../src/hook/index.ts';
import { perform } from '../../src/pgbouncer/commands/perform.ts';
import { findProgram } from '../../src/pgbouncer/demo/servers/program.ts';
import { render } from '../../src/pgbouncer/errors.ts';
import { MemoryWorld } from '../memory-world.ts';
import { type Block, blocksOf, languages } from './blocks.ts';
import { everyError } from './every-error.ts';
import { everyMisuse } from './every-misuse.ts';

const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
  .concat(readdirSync('docs').map((name) => join('docs', name)))
  .concat(readdirSync('docs/hooks').map((name) => join('docs/hooks', name)))
  .concat(readdirSync('docs/ingress').map((name) => join('docs/ingress', name)))
  .filter((name) => name.endsWith('.md'));
const text = (page: string) => readFileSync(page, 'utf8');

// Inside the package, so that its own name resolves.
const folder = mkdtempSync('dist/docs-');
const program = join(folder, 'hookchart');
writeFileSync(program, `#!/bin/sh\nexec node ${resolve('dist/src/cli/main.js')} "$@"\n`);
chmodSync(program, 0o755);
// What `npm install` puts into a project that a page writes.
mkdirSync(join(folder, 'node_modules'));
symlinkSync(resolve('.'), join(folder, 'node_modules/hookchart'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Where the charm is that a page works out, if it works out one. */
const charmOf = (page: string): string | null => {
  const path = join(dirname(page), 'charm');
  return existsSync(path) ? path : null;
};

/** The folder of a page: its blocks' files, and where it works out a charm, that charm's project. */
function folderOf(page: string): string {
  const cwd = join(folder, page.replaceAll(/\W/g, '-'));
  if (!existsSync(cwd) && charmOf(page) !== null)
    cpSync(dirname(page), cwd, { recursive: true, filter: (path) => !path.endsWith('.md') });
  mkdirSync(cwd, { recursive: true });
  return cwd;
}

/** Runs a block of a page, where its earlier blocks have left their files; gives what it prints. */
function run(page: string, { language, body }: Block, index: number): string {
  const cwd = folderOf(page);
  // A block that others import says its name in its first line.
  const name = /^\/\/ (\S+\.mjs)\n/.exec(body)?.[1] ?? `example-${index}.mjs`;
  writeFileSync(join(cwd, name), body);
  const [command, ...args] = language === 'js' ? [process.execPath, name] : ['bash', '-euc', body];
  const nginx = /\bnginx\b/.test(body) ? [dirname(findProgram('nginx', 'nginx'))] : [];
  const PATH = [resolve(folder), ...nginx, process.env.PATH].join(delimiter);
  return execFileSync(command as string, args as string[], {
    cwd,
    encoding: 'utf8',
    // As it looks where no terminal is; some programs take a CI for one.
    env: { ...process.env, PATH, NO_COLOR: '1', FORCE_COLOR: undefined },
  });
}

describe.each(pages)('%s', (page) => {
  const blocks = blocksOf(page);
  const runnable = blocks
    .map((block, index) => [index + 1, block] as const)
    .filter(([, { language }]) => language === 'js' || language === 'sh');

  it('says of each block what becomes of it', () => {
    for (const { language } of blocks) expect(languages).toContain(language);
  });

  if (runnable.length > 0)
    it.each(runnable)(
      'block %i prints what the page says',
      (index, block) => {
        expect(run(page, block, index)).toBe(block.output ?? '');
      },
      60_000,
    );

  /** Of a file in the charm that the page works out, which its first line names. */
  const quotes = blocks.flatMap(({ language, body }) => {
    const [first = '', name] = /^\/\/ (charm\/\S+\.ts)\n/.exec(body) ?? [];
    if (language !== 'ts' || name === undefined) return [];
    return [{ name, quote: body.slice(first.length) }];
  });
  if (quotes.length > 0)
    it.each(quotes)('quotes $name as it is', ({ name, quote }) => {
      expect(text(join(dirname(page), name))).toContain(quote);
    });

  const typed = blocks.filter(
    ({ language, body }) => language === 'ts' && !body.startsWith('// charm/'),
  );
  if (typed.length > 0)
    it.each(typed.map(({ body }) => [body]))(
      'compiles as an author’s TypeScript: %s',
      (body) => {
        const file = join(folder, 'example.mts');
        writeFileSync(file, body);
        const options =
          '--ignoreConfig --noEmit --strict --module nodenext --target es2023 --types node';
        const strict = '--exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck';
        const { status, stdout } = spawnSync(
          process.execPath,
          ['node_modules/typescript/bin/tsc', ...`${options} ${strict}`.split(' '), file],
          { encoding: 'utf8' },
        );
        expect(stdout).toBe('');
        expect(status).toBe(0);
      },
      60_000,
    );

  const yaml = blocks.filter(({ language }) => language === 'yaml');
  if (yaml.length > 0)
    it.each(yaml.map(({ body }) => [body]))('shows YAML that can be read: %s', (body) => {
      expect(parseDocument(body).errors).toEqual([]);
    });

  it('names commands and options that there are, also where they are not run', () => {
    const shown = blocks.filter(({ language }) => language === 'console');
    for (const line of shown.flatMap(({ body }) => body.split('\n'))) {
      const [, command, rest = ''] =
        /^(?:npm run -s )?hookchart (?:-- )?(\w+)(.*)/.exec(line) ?? [];
      if (command === undefined) continue;
      const help = helpOf(command);
      for (const [option] of rest.matchAll(/--[a-z][a-z-]*/g)) expect(help).toContain(option);
    }
  });
});

const helps = new Map<string, string>();

function helpOf(command: string): string {
  const known = helps.get(command);
  if (known !== undefined) return known;
  const help = execFileSync(program, [command, '--help'], { encoding: 'utf8' });
  expect(help).toContain(`Usage: hookchart ${command}`);
  helps.set(command, help);
  return help;
}

describe('every mermaid block', () => {
  it('passes hookchart chart --check', () => {
    const drawn = pages.filter(
      (page) =>
        charmOf(page) === null && blocksOf(page).some(({ language }) => language === 'mermaid'),
    );
    const count = drawn.flatMap(blocksOf).filter(({ language }) => language === 'mermaid').length;
    const told = execFileSync(program, ['chart', '--check', ...drawn], { encoding: 'utf8' });
    expect(told.match(/: agrees$/gm)).toHaveLength(count);
    expect(count).toBeGreaterThanOrEqual(6);
  });

  it.each(pages.filter((page) => charmOf(page) !== null))(
    '%s passes it with the charm that it works out',
    (page) => {
      const project = folderOf(page);
      const count = blocksOf(page).filter(({ language }) => language === 'mermaid').length;
      expect(count).toBeGreaterThanOrEqual(3);
      spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project]);
      const charm = join(project, 'dist/charm.js');
      const told = execFileSync(program, ['chart', '--charm', charm, '--check', page], {
        encoding: 'utf8',
      });
      expect(told.match(/: agrees$/gm)).toHaveLength(count);
    },
    60_000,
  );
});

describe('docs/errors.md', () => {
  it.each(Object.values(everyError))('says what $_tag says, and what to do', (error) => {
    const section = error.class.slice(0, 1).toUpperCase() + error.class.slice(1);
    const [, part = ''] = text('docs/errors.md').split(`## ${section}\n`);
    const row = part.split('\n').find((line) => line.startsWith(`| \`${error._tag}\` |`)) ?? '';
    const [, says, todo = ''] = row.replace(/ \|$/, '').split(' | ');
    expect(says).toBe(render(error));
    expect(todo).toMatch(/\w/);
  });
});

describe('docs/errors.md, misuse', () => {
  it.each(Object.entries(everyMisuse))(
    'says what %s says, and what to do',
    async (kind, misuse) => {
      const thrown = await (async () => misuse())().then(
        () => null,
        (error: unknown) => error,
      );
      if (!(thrown instanceof HookMisuse)) throw new Error(`${kind} is no misuse: ${thrown}`);
      expect(thrown.kind).toBe(kind);
      const [, part = ''] = text('docs/errors.md').split('## Misuse\n');
      const row = part.split('\n').find((line) => line.startsWith(`| \`${kind}\` |`)) ?? '';
      const [, says, todo = ''] = row.replace(/ \|$/, '').split(' | ');
      expect(says).toBe(thrown.message);
      expect(todo).toMatch(/\w/);
    },
  );
});

describe('docs/ports.md', () => {
  const world = new MemoryWorld();
  const { juju, backend, pooler, entropy, identity = {} } = world.adapters('p/1');

  it.each(
    Object.entries({
      Juju: juju,
      Backend: backend,
      Pooler: pooler,
      Entropy: entropy,
      Identity: identity,
    }),
  )('tells of each member of the port %s, and of no other', (name, port) => {
    const [, section = ''] = text('docs/ports.md').split(`## ${name}\n`);
    const told = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `(\w+)` \|/gm)];
    expect(told.map(([, member]) => member).sort()).toEqual(Object.keys(port).sort());
  });
});

describe('docs/holes.md', () => {
  const rows = text('docs/holes.md')
    .split('\n')
    .filter((line) => /^\| H\d/.test(line));

  it.each(rows.map((row) => [row.slice(2, 40), row]))(
    '%s… is shown by a test that there is',
    (_, row) => {
      const [, file = '', title = ''] = /`(test\/\S+)` "([^"]+)" \|$/.exec(row) ?? [];
      expect(text(file)).toContain(`'${title}'`);
    },
  );

  it('leaves none of the numbers out', () => {
    const numbers = new Set(
      rows.flatMap((row) => /^\| ([^:]+):/.exec(row)?.[1]?.split(', ') ?? []),
    );
    for (let number = 1; number <= 25; number++) expect(numbers).toContain(`H${number}`);
  });
});

describe('docs/numbers.md', () => {
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.test\.ts$/.test(name) && !name.startsWith('docs'))
    .map((name) => text(join('test', name)))
    .join('\n');
  const cited = [...new Set(files.match(/\bU-\d\d\b/g))].sort();
  const told = [...text('docs/numbers.md').matchAll(/^\| (U-\d\d) \| .+ \| .+ \|$/gm)];

  it('explains each number that a test cites, once, and no other', () => {
    expect(told.map(([, number]) => number).sort()).toEqual(cited);
    expect(cited.length).toBeGreaterThan(20);
  });

  it('leaves the holes to their page, which has each that a test cites', () => {
    const holes = new Set(text('docs/holes.md').match(/\bH\d+[a-z]?\b/g));
    for (const hole of files.match(/(?<=')H\d+[a-z]?(?=[,:])/g) ?? [])
      expect(holes).toContain(hole);
  });
});

describe('docs/a-hook-from-end-to-end.md', () => {
  const page = text('docs/a-hook-from-end-to-end.md');

  it.each(['database-requested', 'database-relation-broken'] as const)(
    'goes through the nodes of %s in their order, with what each asks for',
    (hook) => {
      const machine = hooks[hook];
      const [, section = ''] = page.split(`**The chart** is \`machines/${hook}.ts\``);
      const rows = [...(section.split('\n**')[0] ?? '').matchAll(/^\| `(\w+)` \| (\w+) \|/gm)];
      const asked = nodesOf(machine).flatMap(({ id, request, final }) => {
        const tag = final ? undefined : request?.(machine.config.context as never)._tag;
        return tag === undefined ? [] : [[id, tag]];
      });
      expect(rows.map(([, id, tag]) => [id, tag])).toEqual(asked);
    },
  );

  const carriedOut = [...page.matchAll(/^\| `\w+` \| (\w+) \| (.+) \|$/gm)].map(
    ([, request = '', told = '']) => [request, told] as const,
  );

  it.each(carriedOut)('leads from %s to the function that carries it out', (request, told) => {
    const [, name = '', path = ''] = /^`(\w+)` in `(src\/\S+\.ts)`/.exec(told) ?? [];
    const handler = perform[request as keyof typeof perform];
    expect([handler.name, ...String(handler).split(/\W/)]).toContain(name);
    const declared = [`function ${name}\\(`, `const ${name} =`, `^ +${name}: `];
    expect(text(path)).toMatch(new RegExp(declared.join('|'), 'm'));
  });

  it('names each file by its whole path, so that it is looked for', () => {
    expect(page).not.toMatch(/`[\w-]+\.ts`/);
  });
});

describe('docs/glossary.md', () => {
  it('has each word once, in the order of the alphabet', () => {
    const rows = text('docs/glossary.md').matchAll(/^\| (?!word )([\w ]+) \|/gm);
    const words = [...rows].map(([, word = '']) => word);
    expect(words.length).toBeGreaterThan(60);
    expect(words).toEqual([...new Set(words)].sort());
  });
});

describe('docs/security.md', () => {
  const [, section = ''] = text('docs/security.md').split('## Promises');
  const rows = section.split('\n').filter((line) => /^\| (?!promise|---)/.test(line));
  const attacks = readdirSync('test/attack/attacks')
    .filter((name) => name !== 'planted.ts')
    .map((name) => text(join('test/attack/attacks', name)))
    .join('\n');

  it.each(rows.map((row) => [row.slice(2, 60), row]))('%s… is shown by what there is', (_, row) => {
    const [, shown = ''] = / \| (.+) \|$/.exec(row) ?? [];
    const proofs = shown.split(/; (?=`|attack `)/);
    for (const proof of proofs) {
      const [, file, title] = /^`(test\/\S+\.test\.ts)` "(.+)"$/.exec(proof) ?? [];
      const [, attack] = /^attack `([a-z0-9-]+)`$/.exec(proof) ?? [];
      if (attack !== undefined) expect(attacks).toContain(`'${attack}'`);
      else expect(text(file ?? ''), proof).toContain(`'${title}'`);
    }
  });

  it('has a promise for most of what it says', () => {
    expect(rows.length).toBeGreaterThanOrEqual(25);
  });
});

describe('README.md', () => {
  it('has the smallest charm in 40 lines', () => {
    const code = blocksOf('README.md').find(({ language }) => language === 'js')?.body ?? '';
    expect(code).toContain('defineCharm');
    expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(40);
  });

  it('shows a chart, a picture and two commands before anything else', () => {
    const [first = ''] = text('README.md').split('\n## ');
    expect(first).toMatch(/```mermaid[\s\S]*!\[[\s\S]*```console\n.+\n.+\n```\s*$/);
  });
});

describe('docs/hooks', () => {
  const pages = [
    'database',
    'pgb-peers-relation-changed',
    'leader-elected',
    'update-status',
    'certificates-relation-changed',
    'left-to-do',
  ].map((name) => text(`docs/hooks/${name}.md`));
  const page = pages.join('\n');

  it('shows the machines, chart by chart', () => {
    const charts = chartsIn('hooks.md', page).map(({ source }) => parse(source));
    const machines = Object.values(hooks);
    expect(charts.length).toBe(machines.length);
    for (const [index, machine] of machines.entries()) {
      const chart = charts[index];
      if (chart === undefined || E.isLeft(chart)) throw new Error(`chart ${index}`);
      expect(compare(chart.right, machine)).toEqual([]);
    }
  });

  it.each(Object.entries(hooks))('tells what each node of %s does', (hook, machine) => {
    const section = page.split(/^## /m).find((part) => part.startsWith(`${hook}\n`)) ?? '';
    for (const { id, drawing, request } of nodesOf(machine))
      if (request !== null && drawing !== null && !id.startsWith('rtn'))
        expect(section, id).toContain(`| \`${id}\` |`);
  });

  it('is caught when page and machine drift apart', () => {
    const chart = chartOf(hooks['database-requested']);
    const drifted = { ...chart, edges: chart.edges.slice(1) };
    expect(compare(drifted, hooks['database-requested'])).toEqual([
      { _tag: 'EdgeMissing', from: 'chart', edge: 'hook_fired --> is_backend_ready' },
    ]);
  });
});

describe('every page', () => {
  it.each(pages)('%s links to what is there', (page) => {
    // The packages' pages are made by `npm run docs`, which looks at the links to them.
    for (const [, target = ''] of text(page).matchAll(/\]\((?!api\/)([^)#:]+)\)/g))
      expect(() => readdirOrFile(join(page, '..', target)), target).not.toThrow();
  });

  it.each(pages)('%s names files and folders that there are', (page) => {
    if (page === 'CHANGELOG.md') return;
    for (const [, path = ''] of text(page).matchAll(/`((?:src|machines|test)\/[\w./-]+)`/g))
      expect(() => readdirOrFile(path), path).not.toThrow();
  });

  it('README.md is short', () => {
    expect(text('README.md').split('\n').length).toBeLessThanOrEqual(150);
  });

  it('calls no script as a command that does something else', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
    const help = execFileSync(program, ['--help'], { encoding: 'utf8' });
    const commands = [...help.matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name = '']) => name);
    expect(commands).toContain('verify');
    for (const name of commands)
      expect(scripts[name] ?? `main.js ${name}`, name).toContain(`main.js ${name}`);
  });

  it('names scripts and tests that exist', () => {
    const { scripts } = JSON.parse(text('package.json'));
    for (const page of pages) {
      for (const [, script = ''] of text(page).matchAll(/npm run (?:-s )?([\w:]+)/g))
        expect(Object.keys(scripts), `${page}: ${script}`).toContain(script);
      for (const [file] of text(page).matchAll(/(?<![\w/])test\/[\w/-]+\.test\.ts/g))
        readFileSync(file);
    }
  });
});

function readdirOrFile(path: string): void {
  try {
    readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error;
  }
}
