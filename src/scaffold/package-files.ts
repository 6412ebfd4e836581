import { isJujuHook } from '../juju/hook-tools/hook-names.ts';
import type { DrawnHook } from './drawn-hooks.ts';
import type { DrawnRequest } from './requests.ts';
import { waysOf } from './ways.ts';

/** The versions that a project is pinned to, each exact. */
export interface Versions {
  readonly hookchart: string;
  readonly typescript: string;
  readonly vitest: string;
  /** Which packs the charm. */
  readonly esbuild: string;
  /** Of Node's types. */
  readonly '@types/node': string;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** `package.json`. */
export const packageFile = (
  name: string,
  { hookchart, typescript, vitest, esbuild, '@types/node': node }: Versions,
): string =>
  json({
    name,
    version: '0.1.0',
    private: true,
    type: 'module',
    engines: { node: '>=20.19' },
    exports: './dist/main.js',
    scripts: {
      check: 'tsc',
      build: 'tsc -p tsconfig.build.json',
      test: 'vitest run',
    },
    dependencies: { hookchart },
    devDependencies: { '@types/node': node, esbuild, typescript, vitest },
  });

/** `tsconfig.json`, by which everything is checked. */
export const checkedFile = (): string =>
  json({
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      lib: ['es2023'],
      types: ['node'],
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      verbatimModuleSyntax: true,
      erasableSyntaxOnly: true,
      rewriteRelativeImportExtensions: true,
      skipLibCheck: true,
      noEmit: true,
    },
    include: ['src', 'test'],
  });

/** `tsconfig.build.json`, by which `dist` is made. */
export const builtFile = (): string =>
  json({
    extends: './tsconfig.json',
    compilerOptions: { noEmit: false, rootDir: 'src', outDir: 'dist' },
    include: ['src'],
  });

/** `.gitignore`. */
export const ignoredFile = (): string => 'node_modules/\ndist/\ncharm/\nhookchart-replay.json\n';

/** `README.md`: what is there, and what comes next. */
export function readmeFile(
  name: string,
  hooks: readonly DrawnHook[],
  requests: readonly DrawnRequest[],
  { hookchart }: Pick<Versions, 'hookchart'>,
): string {
  const tarball = `hookchart-${hookchart}.tgz`;
  const unheard = hooks.filter(({ hook }) => !isJujuHook(hook)).map(({ hook }) => hook);
  const [one] = hooks;
  return `# ${name}

A charm whose hooks are drawn: \`charts/\` has the drawings, \`src/machines/\` the same as programs, and \`npm test\` holds the two together.

\`\`\`console
npm install
npm run check && npm test && npm run build
npx hookchart chart --charm dist/charm.js
npx hookchart verify --charm dist/simulated.js
npx hookchart soak --charm dist/simulated.js --hooks 10000
npx hookchart pack --charm dist/main.js
\`\`\`

While no registry has hookchart, \`npm ci && npm pack\` in a clone of it makes the package, and here the first line is \`npm install FOLDER/${tarball}\`, with the folder of that clone: it installs all the others as well, and puts the file in place of the version in \`package.json\`.

| file | |
|---|---|
| \`src/words.ts\`, \`src/machines/\` | what the charts ask and order, and the charts |
| \`src/charm.ts\` | which hook goes through which chart, and a handler for each request |
| \`src/main.ts\` | what is packed: the charm, and on a unit its \`Ports\` |
| \`src/simulated.ts\` | the charm in a simulated Juju, with an invariant: \`verify\` tries every order of hooks, crashes and elections within bounds, \`soak\` random ones, \`npm test\` a few |
| \`metadata.yaml\` | what Juju is told: its endpoints are those whose hooks are drawn |

## What to do next

1. Write the handlers in \`src/charm.ts\`. Until then each of them defers its hook with *NotWritten*, which the unit's status says: ${list(requests.map(({ tag }) => `\`${tag}\``))}. What they work with (a program, a server) goes into \`Ports\`; \`src/main.ts\` makes it on a unit, \`src/simulated.ts\` for the simulated Juju.
2. ${
    unheard.length === 0
      ? 'Look at `events` there: the hooks have the names of hooks of Juju, and go through the charts of the same name.'
      : `Say in \`events\` there which hook of Juju's goes through ${list(unheard.map((hook) => `\`${hook}\``))}: Juju has none of that name.`
  }
3. What a handler has to know stands in its command (\`src/words.ts\`), and the machine makes that of what is known: \`({ event, learned }) => ({ _tag: …, … })\` in place of the name alone, with \`relationOf(event)\` of hookchart for the relation. What one handler finds out for another is \`Learned\`, with what is known at first; a question or a command answers \`{ label, learned }\`, and every arrow takes it up.
4. Look through \`metadata.yaml\`: which endpoints the charm provides and which it requires, the drawing does not say. What must hold whatever happens goes into the invariants of \`src/simulated.ts\`, what applications ask for into its \`requests\`.
5. To change a hook, change its drawing and its machine. This tells what is still missing:

\`\`\`console
npx hookchart chart --check charts/*.mmd --charm dist/charm.js
npx hookchart plan ${one?.hook ?? 'HOOK'} --answers '${one === undefined ? '{}' : exampleOf(one)}' --charm dist/charm.js
\`\`\`
`;
}

/** Answers for a shell: those of the first way, unless they would have to be quoted. */
function exampleOf({ chart }: DrawnHook): string {
  const answers = JSON.stringify(waysOf(chart).ways[0]?.answers ?? {});
  return answers.includes("'") ? '{}' : answers;
}

const list = (words: readonly string[]): string => (words.length === 0 ? 'none' : words.join(', '));
