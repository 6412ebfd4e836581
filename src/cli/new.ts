import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import * as E from 'fp-ts/lib/Either.js';
import { isName, type ProjectFile, project } from '../scaffold/index.ts';
import { chartEndings, checkEnding, textOf } from './files.ts';
import { json, out } from './output.ts';
import { ownPackage } from './package.ts';
import { WrongContent, WrongUse } from './wrong-use.ts';

interface NewOptions {
  readonly out?: string;
  readonly name?: string;
  readonly json?: true;
}

/** What was written, and where. */
interface NewProject {
  readonly name: string;
  readonly folder: string;
  readonly files: readonly string[];
}

/** The command `new`. */
export function addNew(program: Command): void {
  program
    .command('new')
    .description('write a charm of its own from Mermaid charts: words, machines, handlers, tests')
    .argument(
      '<file>',
      'Mermaid flowcharts, one for each hook: a .mmd file, or the blocks of a Markdown file',
    )
    .option(
      '--out <dir>',
      'the folder to write to, new or empty; by default it is called as the charm',
    )
    .option(
      '--name <name>',
      'the name of the charm; by default that of the folder, or else of the file',
    )
    .option('--json', 'print one JSON document')
    .action((file: string, options: NewOptions) => {
      const written = newProject(file, options);
      if (options.json) return json(written);
      const { name, folder, files } = written;
      const shown = relative('', folder) || '.';
      out(
        `${files.map((path) => `${join(shown, path)}\n`).join('')}\nThe charm ${name} is in ${shown}; its README.md says what to do next.\n`,
      );
    });
}

function newProject(file: string, { out: folder, name: wanted }: NewOptions): NewProject {
  checkEnding(file, chartEndings);
  const text = textOf(file);
  const name =
    wanted ?? (folder === undefined ? basename(file, extname(file)) : basename(resolve(folder)));
  if (!isName(name))
    throw new WrongUse(
      `"${name}" names no charm: give it a --name of small letters, digits and hyphens, as my-charm`,
    );
  const { version, devDependencies } = ownPackage();
  const pinned = (dependency: string) => devDependencies[dependency] ?? '*';
  const drawn = project({
    fileName: file,
    text,
    name,
    versions: {
      hookchart: version,
      typescript: pinned('typescript'),
      vitest: pinned('vitest'),
      esbuild: pinned('esbuild'),
      '@types/node': pinned('@types/node'),
    },
  });
  if (E.isLeft(drawn))
    throw new WrongContent(
      drawn.left.map(({ line, what }) => `${file}:${line}: ${what}`).join('\n'),
    );
  const target = resolve(folder ?? name);
  write(target, drawn.right);
  return { name, folder: target, files: drawn.right.map(([path]) => path) };
}

/** Writes into a folder that is new or empty, and never over anything. */
function write(folder: string, files: readonly ProjectFile[]): void {
  try {
    mkdirSync(folder, { recursive: true });
    const [there] = readdirSync(folder);
    if (there !== undefined)
      throw new WrongUse(
        `${folder} is not empty (${there} is there), and nothing is overwritten: choose another --out`,
      );
    for (const [path, content] of files) {
      const whole = join(folder, path);
      mkdirSync(dirname(whole), { recursive: true });
      writeFileSync(whole, content, { flag: 'wx' });
    }
  } catch (cause) {
    if (cause instanceof WrongUse) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new WrongUse(`${folder} cannot be written (${code}): choose another --out`);
  }
}
