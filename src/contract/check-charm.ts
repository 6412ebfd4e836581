/** What `defineCharm` is given: refused by name where its parts do not fit together. */
import {
  given,
  type HookMachine,
  HookMisuse,
  instead,
  isEnd,
  isRecord,
  kindOf,
  type Node,
  nodesOf,
  type Words,
} from '../hook/index.ts';
import { hookInstead, isJujuHook } from '../juju/hook-tools/hook-names.ts';

/** What was handed in, as far as the compiler can be believed. */
interface Parts<W extends Words> {
  readonly name: string;
  readonly machines: Readonly<Record<string, HookMachine<W>>>;
  readonly events: unknown;
  readonly learned: unknown;
  readonly perform: object;
  readonly status?: unknown;
  readonly event?: { readonly schema?: unknown };
}

/** Gives what holds the chart that a hook is to go through to be one of the charm's. */
export function checkedCharm<W extends Words>(
  config: Parts<W>,
): (hook: string, chart: unknown) => string {
  given('defineCharm', 'the charm', config, { name: 'text' });
  const { name, events, machines } = config;
  const invalid = (what: string) => new HookMisuse('CharmInvalid', name, null, what);
  for (const [part, value] of Object.entries(config))
    if (value === undefined) throw invalid(`${part} is undefined: leave it out, or say what it is`);
  given('defineCharm', 'the status', config.status, 'function');
  if (config.event !== undefined)
    given('defineCharm', 'the event', config.event, { of: 'function' });
  for (const part of around)
    if (part in config) given('charmOf', `the ${part}`, Reflect.get(config, part), 'function');
  for (const part of ['machines', 'perform', 'learned', 'events'] as const)
    if (!isRecord(config[part]) && !(functional.has(part) && typeof config[part] === 'function'))
      throw invalid(`it has no ${part}: give defineCharm { ${part}: … }`);
  const schemas = { learned: config.learned, 'event.schema': config.event?.schema };
  for (const [part, schema] of Object.entries(schemas))
    if (!isSchema(schema) && !(config.event === undefined && part === 'event.schema'))
      throw invalid(
        `${part} is ${kindOf(schema)} that follows no Standard Schema: give it a schema, as v.object({ … }) of valibot makes one`,
      );
  for (const [tag, handler] of Object.entries(config.perform))
    if (typeof handler !== 'function')
      throw invalid(
        `perform.${tag} is ${kindOf(handler)}: give it the function that carries out ${tag}`,
      );
  for (const [id, machine] of Object.entries(machines)) {
    if (machine?.id !== id)
      throw invalid(`the machine ${JSON.stringify(machine?.id)} stands under the name "${id}"`);
    for (const node of nodesOf(machine)) {
      const tag = tagOf(machine, node);
      if (tag !== null && !Object.hasOwn(config.perform, tag))
        throw invalid(
          `nothing carries out ${tag}, which ${id} asks for at ${node.id}: give perform a function "${tag}"`,
        );
    }
  }
  const known = (hook: string, chart: unknown): string => {
    if (typeof chart !== 'string')
      throw invalid(
        `its events give ${kindOf(chart)} for ${hook}: give the name of a machine at once, or where they are a function null for none`,
      );
    if (Object.hasOwn(machines, chart)) return chart;
    throw invalid(
      `${hook} is to go through "${chart}": say ${instead(chart, Object.keys(machines))}`,
    );
  };
  if (typeof events === 'function') return known;
  for (const [hook, chart] of Object.entries(events as object)) {
    if (!isJujuHook(hook) && !hook.startsWith('actions/'))
      throw invalid(`its events name "${hook}", which Juju never calls: say ${hookInstead(hook)}`);
    known(hook, chart);
  }
  return known;
}

/** What a charm may do around its charts. */
const around = 'open ready isCalled isAsked comesLast refused waitsFor leftToDo close'.split(' ');

/** Events are a function where their author says so, schemas in some libraries. */
const functional: ReadonlySet<string> = new Set(['events', 'learned']);

const isSchema = (schema: unknown): boolean => {
  if (!isRecord(schema) && typeof schema !== 'function') return false;
  const standard: unknown = Reflect.get(schema, '~standard');
  return isRecord(standard) && typeof standard.validate === 'function';
};

/** What a node asks for before anything is known; null for an end, and where that cannot be said. */
function tagOf<W extends Words>(machine: HookMachine<W>, node: Node<W>): string | null {
  const asked = askedAt(machine, node);
  if (asked === null || isEnd(asked)) return null;
  if (typeof asked._tag === 'string') return asked._tag;
  const what = `${node.id} asks for ${kindOf(asked)} that has no _tag: give at once what it asks for, as { _tag: … }`;
  throw new HookMisuse('MachineInvalid', machine.id, node.id, what);
}

/** What a node asks before anything is known; null where that cannot be told yet. */
function askedAt<W extends Words>({ config }: HookMachine<W>, { request }: Node<W>) {
  try {
    return request?.(config.context as Parameters<typeof request>[0]) ?? null;
  } catch {
    return null;
  }
}
