/** The files that a charm's author writes, as they go into the charm. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { PackingFailed } from './packing-failed.ts';
import { bundleName, type Runtime } from './runtime.ts';

/** What may stand beside a charm's module, and goes along with it. */
const taken = [
  ...['LICENSE', 'README.md', 'actions.yaml', 'charmcraft.yaml', 'config.yaml'],
  ...['grafana-dashboard.json', 'icon.svg', 'metadata.yaml'],
] as const;

/** What pack itself puts into a charm, whatever the runtime. */
const madeForAny = ['dispatch', 'licenses.txt'];

/** What only one of the runtimes has. */
const madeForOne: readonly string[] = ['hookchart', bundleName, 'node'];

/** What pack itself puts into a charm. */
export const madeFor = ({ files }: Pick<Runtime, 'files'>): readonly string[] => [
  ...madeForAny,
  ...files,
];

export type Texts = Partial<Readonly<Record<(typeof taken)[number], string>>>;

/** All names that there can be in a charm's folder. */
export const everyFile: ReadonlySet<string> = new Set([...taken, ...madeForAny, ...madeForOne]);

/** Reads what there is; what stands in two folders is taken from the first. */
export function textsIn(folders: readonly string[]): Texts {
  return Object.fromEntries(
    taken.flatMap((name) => {
      const file = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
      return file === undefined ? [] : [[name, readFileSync(file, 'utf8')]];
    }),
  );
}

/** What `metadata.yaml` says, or a `charmcraft.yaml` that takes its place. */
export interface Metadata {
  readonly name: string;
  readonly title: string;
  readonly endpoints: readonly string[];
  readonly containers: readonly string[];
  readonly storages: readonly string[];
}

/** `PackingFailed` where there is none, or where it names no charm. */
export function metadataOf(texts: Texts, folder: string): Metadata {
  const file = texts['metadata.yaml'] === undefined ? 'charmcraft.yaml' : 'metadata.yaml';
  const document = parsed(texts[file] ?? '', file);
  const text = (key: string) => {
    const value = document.get(key);
    return typeof value === 'string' ? value : null;
  };
  const name = text('name');
  if (name === null)
    throw new PackingFailed(
      file === 'metadata.yaml'
        ? 'metadata.yaml has no name: say `name: my-charm`'
        : `there is no metadata.yaml in ${folder}: write one with name, summary, description, and the charm's endpoints under peers, provides and requires`,
    );
  const keysOf = (key: string): readonly string[] => {
    const value = document.get(key);
    return isMap(value) ? value.items.map(({ key: one }) => String(one)) : [];
  };
  return {
    name,
    title: text('display-name') ?? text('title') ?? name,
    endpoints: ['peers', 'provides', 'requires'].flatMap(keysOf),
    containers: keysOf('containers'),
    storages: keysOf('storage'),
  };
}

/** The `charmcraft.yaml` of a charm that has none: for the bases that its runtime runs on. */
export const charmcraftFor = (
  { title }: Metadata,
  architecture: string,
  files: readonly string[],
): string => `type: charm
title: ${JSON.stringify(title)}
platforms:
${['22.04', '24.04']
  .map(
    (base) => `  ubuntu-${base}-${architecture}:
    build-on: [ubuntu@${base}:amd64, ubuntu@${base}:arm64]
    build-for: [ubuntu@${base}:${architecture}]
`,
  )
  .join('')}parts:
  charm:
    plugin: dump
    source: .
    prime:
${files.map((file) => `      - ${file}\n`).join('')}`;

/**
 * A `charmcraft.yaml` with the platforms of one architecture alone, since a charm's folder holds the
 * runtime of one, and without the files of another. `PackingFailed` where it has none, or would leave
 * out what the charm is run by.
 */
export function charmcraftOf(text: string, architecture: string, made: readonly string[]): string {
  const document = parsed(text, 'charmcraft.yaml');
  const platforms = document.get('platforms');
  if (isMap(platforms)) {
    const all = [...platforms.items];
    for (const { key, value } of all)
      if (!builtFor(String(key), value).includes(architecture)) platforms.delete(key);
    if (platforms.items.length === 0)
      throw new PackingFailed(
        `charmcraft.yaml has no platform for ${architecture}, only ${all.map(({ key }) => String(key)).join(', ')}: add one, or pack with --arch for another architecture`,
      );
  }
  const parts = document.get('parts');
  const primes = (isMap(parts) ? parts.items : []).map(({ value }) =>
    isMap(value) ? value.get('prime') : null,
  );
  // A part without such a list primes all that there is.
  if (primes.length > 0 && primes.every((prime) => isSeq(prime))) {
    const primed = primes.flatMap((prime) => (isSeq(prime) ? prime.items.map(textOf) : []));
    for (const prime of primes)
      if (isSeq(prime))
        prime.items = prime.items.filter(
          (item) => !madeForOne.includes(textOf(item)) || made.includes(textOf(item)),
        );
    const left = made.filter((name) => !primed.includes(name) && !primed.includes('*'));
    if (left.length > 0)
      throw new PackingFailed(
        `charmcraft.yaml leaves out ${left.join(', ')}: add to prime what the charm is run by`,
      );
  }
  return document.toString({ lineWidth: 0 });
}

/** The architectures that a platform of charmcraft's is built for. */
function builtFor(name: string, platform: unknown): readonly string[] {
  const at = (key: string) => (isMap(platform) ? platform.get(key) : undefined);
  const named = at('build-for') ?? at('build-on') ?? name;
  const each = isSeq(named) ? named.items : [named];
  return each.map((one) => textOf(one).split(':').at(-1) ?? '');
}

const textOf = (node: unknown): string => String(isScalar(node) ? node.value : node);

function parsed(text: string, file: string): Document {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw new PackingFailed(`${file} is no YAML: ${error.message}`);
  return document;
}
