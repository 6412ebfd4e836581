import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { CharmSource } from '../packaging/source.ts';
import { packedOf, substrates } from '../pgbouncer/charm/packed.ts';
import { nearestFile } from './files.ts';
import { WrongContent, WrongUse } from './wrong-use.ts';

const runtimes = ['bun', 'node'] as const;

interface PackOptions {
  readonly charm?: string;
  readonly out: string;
  readonly arch?: readonly string[];
  readonly node?: string;
  readonly runtime?: (typeof runtimes)[number];
  readonly check?: true;
}

export function addPack(program: Command): void {
  program
    .command('pack')
    .description('lay a charm out in a folder, with all that runs it, ready for `charmcraft pack`')
    .option('--charm <module>', "another charm than PgBouncer's two: the path of what exports it")
    .option(
      '--out <folder>',
      'where to; what is more than one has a folder for each in it',
      'charm',
    )
    .option(
      '--arch <names>',
      "amd64, arm64, or both with a comma; by default this machine's",
      listed,
    )
    .addOption(
      new Option('--runtime <name>', 'what runs it, pinned; bun by default').choices(runtimes),
    )
    .option('--node <file>', 'ship this Node, of one of its releases')
    .option('--check', 'let charmcraft look at what was packed')
    .action(async (options: PackOptions) => {
      if (!(await pack(options))) process.exitCode = 1;
    });
}

const listed = (text: string): readonly string[] => [
  ...new Set(text.split(',').map((name) => name.trim())),
];

const shownFolders = ({ folders }: CharmSource): string =>
  [...new Set(folders.map((folder) => resolve(folder)))].join(', then ');

/** What is bundled is one file; the bundler would say of anything else that it cannot resolve it. */
function checkModule(charm: string): void {
  const path = resolve(charm);
  if (!existsSync(path))
    throw new WrongContent(
      ...([`--charm ${charm}: there is no file ${path}`, nearestFile(charm)] as const),
      'Name the module that exports the charm.',
    );
  if (statSync(path).isDirectory())
    throw new WrongContent(
      ...([`--charm ${charm}: it is a folder`, null] as const),
      `Name the module in it, as ${join(charm, 'charm.js')}.`,
    );
}

/** Gives whether charmcraft, where it is asked, takes all that was packed. */
async function pack({ charm, out, arch = [], node, runtime, check: isChecked }: PackOptions) {
  if (charm !== undefined) checkModule(charm);
  // What packing needs is not loaded for other commands.
  const { anyCharm } = await import('../packaging/any-charm.ts');
  const { here } = await import('../packaging/runtime.ts');
  const { packCharm } = await import('../packaging/pack.ts');
  if (node !== undefined && arch.length > 1)
    throw new WrongUse('--node is one program: name one architecture, or none');
  if (node !== undefined && runtime === 'bun')
    throw new WrongUse('--node is a Node, and --runtime says bun: leave one of them out');
  const { runtimeFor } = await import('../packaging/runtimes.ts');
  const architectures = arch.length === 0 ? [here] : arch;
  const charms: readonly (readonly [name: string, source: CharmSource])[] =
    charm === undefined
      ? substrates.map((substrate) => [substrate, packedOf(substrate)])
      : [['', await anyCharm(charm)]];
  const runtimes = architectures.map((one) => runtimeFor({ runtime, node }, one));
  let isTaken = true;
  for (const [name, source] of charms)
    for (const shipped of runtimes) {
      const { architecture, name: of, version } = shipped;
      const folder = join(out, name, runtimes.length > 1 ? architecture : '');
      const packed = await packCharm(source, folder, { runtime: shipped, copying: 'copy' });
      const size = Math.round(packed.bytes / 1024);
      const lines = [
        `${packed.name} for ${architecture}, bundle of ${size} KB, ${of} ${version}`,
        `read from ${shownFolders(source)}, written to ${resolve(folder)}`,
        ...packed.notes,
      ];
      if (isChecked) {
        const { check } = await import('../packaging/check.ts');
        const objections = check(folder, process.env);
        lines.push(...(objections.length === 0 ? ['charmcraft takes it'] : objections));
        isTaken &&= objections.length === 0;
      }
      for (const line of lines) process.stdout.write(`${folder}: ${line}\n`);
    }
  return isTaken;
}
