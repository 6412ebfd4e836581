/** Pebble's layers and the plan that they make, as Pebble combines them. */
import { parseDocument, stringify } from 'yaml';

/** What a service, a check or a target of logs says of itself. */
type Section = Readonly<Record<string, unknown>>;

/** What is in a layer, or in the plan: by name. */
export interface Sections {
  readonly services: Readonly<Record<string, Section>>;
  readonly checks: Readonly<Record<string, Section>>;
  readonly 'log-targets': Readonly<Record<string, Section>>;
}

/** A layer, as it was added last under its label. */
export interface Layer extends Sections {
  readonly label: string;
}

/** What Pebble does not take, in its words. */
export class PlanRefused extends Error {
  override readonly name = 'PlanRefused';
}

const kinds = ['services', 'checks', 'log-targets'] as const;
const words = { services: 'service', checks: 'check', 'log-targets': 'log target' } as const;
const empty: Sections = { services: {}, checks: {}, 'log-targets': {} };

/** Reads a layer; `PlanRefused` says what Pebble would not take of it. */
export function layerOf(label: string, text: string): Layer {
  const wrong = (why: string) => new PlanRefused(`cannot parse layer "${label}": ${why}`);
  const document = parseDocument(text, { merge: true });
  const [error] = document.errors;
  if (error !== undefined) throw wrong(error.message.split('\n')[0] ?? '');
  const content: unknown = document.toJS() ?? {};
  if (!isSection(content)) throw wrong('it is no map');
  const unknown = Object.keys(content).find(
    (key) => !['summary', 'description', ...kinds].includes(key),
  );
  if (unknown !== undefined) throw wrong(`field ${unknown} not found`);
  const named = (kind: (typeof kinds)[number]) =>
    Object.fromEntries(
      Object.entries(isSection(content[kind]) ? content[kind] : {}).map(([name, section]) => {
        if (!isSection(section))
          throw new PlanRefused(
            `${words[kind]} object cannot be null for ${words[kind]} "${name}"`,
          );
        checkOverride(label, words[kind], name, section.override);
        return [name, section];
      }),
    );
  return {
    label,
    services: named('services'),
    checks: named('checks'),
    'log-targets': named('log-targets'),
  };
}

function checkOverride(label: string, kind: string, name: string, override: unknown): void {
  if (override === 'merge' || override === 'replace') return;
  const where = `for ${kind} "${name}"`;
  throw new PlanRefused(
    override === undefined || override === ''
      ? `layer "${label}" must define "override" ${where}`
      : `layer "${label}" has invalid "override" value ${where}`,
  );
}

/** The layers once another one was added; `PlanRefused` where the plan would not do. */
export function withLayer(
  layers: readonly Layer[],
  added: Layer,
  isCombined: boolean,
): readonly Layer[] {
  const { label } = added;
  if (label === '') throw new PlanRefused('label must be set');
  const at = layers.findIndex((layer) => layer.label === label);
  const before = layers[at];
  if (before !== undefined && !isCombined) throw new PlanRefused(`layer "${label}" already exists`);
  const next =
    before === undefined
      ? [...layers, added]
      : layers.with(at, { label, ...combined([before, added]) });
  checkPlan(planOf(next));
  return next;
}

/** The plan that layers make, the later over the earlier. */
export const planOf = (layers: readonly Layer[]): Sections => combined(layers);

const combined = (layers: readonly Sections[]): Sections =>
  layers.reduce<Sections>(
    (under, over) => ({
      services: combinedOf(under.services, over.services),
      checks: combinedOf(under.checks, over.checks),
      'log-targets': combinedOf(under['log-targets'], over['log-targets']),
    }),
    empty,
  );

const combinedOf = (
  under: Readonly<Record<string, Section>>,
  over: Readonly<Record<string, Section>>,
): Readonly<Record<string, Section>> => ({
  ...under,
  ...Object.fromEntries(
    Object.entries(over).map(([name, section]) => {
      const before = under[name];
      const isMerged = section.override === 'merge' && before !== undefined;
      return [name, isMerged ? merged(before, section) : section];
    }),
  ),
});

/** Maps are merged, lists go on, all else is replaced. */
function merged(under: Section, over: Section): Section {
  const result: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (key === 'override') continue;
    const before = under[key];
    if (Array.isArray(before) && Array.isArray(value)) result[key] = [...before, ...value];
    else if (isSection(before) && isSection(value)) result[key] = { ...before, ...value };
    else if (value !== '' && value !== null) result[key] = value;
  }
  return result;
}

function checkPlan({ services, checks }: Sections): void {
  for (const [name, { command, startup, requires, after, before }] of Object.entries(services)) {
    if (typeof command !== 'string' || command.trim() === '')
      throw new PlanRefused(`plan must define "command" for service "${name}"`);
    if (startup !== undefined && !['', 'enabled', 'disabled'].includes(String(startup)))
      throw new PlanRefused(`plan service "${name}" "startup" must be "enabled" or "disabled"`);
    for (const list of [requires, after, before])
      for (const other of Array.isArray(list) ? list : [])
        if (services[String(other)] === undefined)
          throw new PlanRefused(`plan service "${name}" refers to unknown service "${other}"`);
  }
  for (const [name, check] of Object.entries(checks)) {
    const count = ['http', 'tcp', 'exec'].filter((kind) => isSection(check[kind])).length;
    if (count !== 1)
      throw new PlanRefused(
        `plan must specify one of "http", "tcp", or "exec" for check "${name}"`,
      );
  }
}

/** As Pebble prints the plan: what is empty is left out, names are sorted. */
export function printed(plan: Sections): string {
  const filled = kinds.filter((kind) => Object.keys(plan[kind]).length > 0);
  const sorted = Object.fromEntries(
    filled.map((kind) => [
      kind,
      Object.fromEntries(
        Object.entries(plan[kind]).sort(([one], [other]) => (one < other ? -1 : 1)),
      ),
    ]),
  );
  return stringify(sorted, { lineWidth: 0 });
}

export const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
