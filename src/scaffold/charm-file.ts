import { isJujuHook } from '../juju/hook-tools/hook-names.ts';
import type { DrawnHook } from './drawn-hooks.ts';
import { commented, either, key, quoted } from './literals.ts';
import { variableOf } from './names.ts';
import type { DrawnRequest } from './requests.ts';

/** `src/charm.ts`: which hook of Juju's goes through which chart, and a handler for each request. */
export function charmFile(
  name: string,
  hooks: readonly DrawnHook[],
  requests: readonly DrawnRequest[],
  peers: string | null,
): string {
  const imports = hooks
    .map(({ hook }) => `import { ${variableOf(hook)} } from './machines/${hook}.ts';\n`)
    .join('');
  const halts = requests.length > 0;
  return `/** The charm: which hook of Juju's goes through which chart, and how each request is carried out. */
import { defineCharm, ${halts ? 'halt, ' : ''}handlers, type Schema } from 'hookchart';
${imports}import type { Learned, Words } from './words.ts';

/**
 * What handlers are given beside \`juju\`: the programs and servers that the charm works with, as
 * \`{ readonly server: { readonly reload: () => Promise<void> } }\`. \`src/main.ts\` makes them on a
 * unit, \`src/simulated.ts\` for the simulated Juju.
 */
export type Ports = object;

/** Reads back what a hook had learned: a schema of valibot, zod or whatever follows Standard Schema. */
const learned: Schema<Learned> = { '~standard': { validate: () => ({ value: {} }) } };
${halts ? notWritten : ''}
export const charm = defineCharm({
  name: ${quoted(name)},
  machines: {
${hooks.map(({ hook }) => machineEntry(hook)).join('')}  },
  // The hooks of Juju's that do something, each with its chart.
  events: {
${hooks.map(({ hook }) => eventEntry(hook)).join('')}  },
${peers === null ? '' : `  endpoints: { peers: ${quoted(peers)} },\n`}  learned,
  // One function for each request; it is given ({ juju, ...ports }, request).
  perform: handlers<Words, Ports>({
${requests.map(handler).join('\n')}  }),
});
`;
}

const notWritten = `
/** What nobody has written yet defers its hook, and the unit's status says so. */
function notWritten(request: string, what: string): never {
  const why = \`\${request} of src/charm.ts is still to be written: \${what}\`;
  return halt({ _tag: 'NotWritten', class: 'unavailable', why });
}
`;

function machineEntry(hook: string): string {
  const variable = variableOf(hook);
  return hook === variable ? `    ${hook},\n` : `    ${quoted(hook)}: ${variable},\n`;
}

function eventEntry(hook: string): string {
  if (isJujuHook(hook)) return `    ${key(hook)}: ${quoted(hook)},\n`;
  return `    // Juju has no hook ${hook}: name the one that is to go through this chart, as\n    // 'config-changed': ${quoted(hook)},\n`;
}

function handler({ tag, kind, label, answers }: DrawnRequest): string {
  const todo = kind === 'question' ? `answer ${either(answers)}` : commented(label);
  return `    // ${commented(label)}\n    // ${replies(kind, answers)}\n    ${tag}: () => notWritten(${quoted(tag)}, ${quoted(todo)}),\n`;
}

/** What a handler is to return. */
function replies(kind: DrawnRequest['kind'], answers: readonly string[]): string {
  if (answers.every((answer) => answer === 'yes' || answer === 'no'))
    return 'Return true for yes and false for no.';
  const labels = answers.filter((answer) => answer !== 'done' || kind === 'question');
  const said = labels.map((answer) => commented(quoted(answer))).join(' or ');
  if (labels.length === answers.length) return `Return ${said}.`;
  if (labels.length === 0) return 'Return nothing when it is done.';
  return `Return nothing when it is done, or ${said}.`;
}
