/** What an action is given, held against what its charm says of it, as Juju does before it is run. */
import { isRecord } from '../hook/index.ts';

/** As JSON Schema has it, as far as actions use it. */
export type Schema = Readonly<Record<string, unknown>>;

/** Why Juju refuses to run an action with these; null where it takes them. */
export function refusalOf(schema: Schema, parameters: unknown): string | null {
  const wrong = wrongIn(schema, parameters, '(root)');
  return wrong.length === 0 ? null : `validation failed: ${wrong.join('; ')}`;
}

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  array: (value) => Array.isArray(value),
  object: (value) => isRecord(value),
  null: (value) => value === null,
};

function wrongIn(schema: Schema, value: unknown, at: string): readonly string[] {
  const given = `given ${JSON.stringify(value)}`;
  const { type, enum: among } = schema;
  const named = (Array.isArray(type) ? type : [type]).filter((one) => typeof one === 'string');
  if (named.length > 0 && !named.some((one) => types[one]?.(value) ?? true))
    return [`${at} : must be of type ${named.join(' or ')}, ${given}`];
  const wrong: string[] = [];
  if (Array.isArray(among) && !among.some((one) => isSame(one, value)))
    wrong.push(`${at} : must match one of the enum values ${JSON.stringify(among)}, ${given}`);
  for (const [limit, says, measure] of limits) {
    const bound = schema[limit];
    const measured = measure(value);
    if (typeof bound === 'number' && measured !== null && !says.holds(measured, bound, schema))
      wrong.push(`${at} : ${says.told(bound)}, ${given}`);
  }
  if (typeof schema.pattern === 'string' && typeof value === 'string')
    if (!matches(schema.pattern, value))
      wrong.push(`${at} : does not match pattern ${JSON.stringify(schema.pattern)}, ${given}`);
  if (Array.isArray(value) && isRecord(schema.items))
    for (const [index, one] of value.entries())
      wrong.push(...wrongIn(schema.items, one, `${at}.${index}`));
  return isRecord(value) ? [...wrong, ...wrongInMap(schema, value, at)] : wrong;
}

/** Juju reads patterns as Go does: what is none here may well be one there. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return true;
  }
}

function wrongInMap(
  { properties, required, additionalProperties }: Schema,
  value: Schema,
  at: string,
): readonly string[] {
  const known = isRecord(properties) ? properties : {};
  const given = `given ${JSON.stringify(value)}`;
  const missing = (Array.isArray(required) ? required : [])
    .filter((name) => typeof name === 'string' && !Object.hasOwn(value, name))
    .map((name) => `${at} : "${name}" property is missing and required, ${given}`);
  const inside = Object.entries(value).flatMap(([name, one]) => {
    const schema = Object.hasOwn(known, name) ? known[name] : additionalProperties;
    if (schema === false && !Object.hasOwn(known, name))
      return [`${at} : additional property "${name}" is not allowed, ${given}`];
    return isRecord(schema) ? wrongIn(schema, one, `${at}.${name}`) : [];
  });
  return [...missing, ...inside];
}

interface Limit {
  readonly holds: (measured: number, bound: number, schema: Schema) => boolean;
  readonly told: (bound: number) => string;
}

const least: Limit = {
  holds: (measured, bound, { exclusiveMinimum }) =>
    exclusiveMinimum === true ? measured > bound : measured >= bound,
  told: (bound) => `must be greater than or equal to ${bound}`,
};
const most: Limit = {
  holds: (measured, bound, { exclusiveMaximum }) =>
    exclusiveMaximum === true ? measured < bound : measured <= bound,
  told: (bound) => `must be less than or equal to ${bound}`,
};
const atLeast = (what: string): Limit => ({
  holds: (measured, bound) => measured >= bound,
  told: (bound) => `must have at least ${bound} ${what}`,
});
const atMost = (what: string): Limit => ({
  holds: (measured, bound) => measured <= bound,
  told: (bound) => `must have at most ${bound} ${what}`,
});

const number = (value: unknown) => (typeof value === 'number' ? value : null);
const length = (value: unknown) => (typeof value === 'string' ? [...value].length : null);
const items = (value: unknown) => (Array.isArray(value) ? value.length : null);
const limits: readonly (readonly [string, Limit, (value: unknown) => number | null])[] = [
  ['minimum', least, number],
  ['maximum', most, number],
  ['minLength', atLeast('characters'), length],
  ['maxLength', atMost('characters'), length],
  ['minItems', atLeast('items'), items],
  ['maxItems', atMost('items'), items],
];

const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** With a value at a path of keys, as `key.key=value` says it. */
export function withPart(
  before: Schema,
  [first = '', ...rest]: readonly string[],
  value: unknown,
): Schema {
  if (rest.length === 0) return { ...before, [first]: value };
  const inner = before[first];
  return { ...before, [first]: withPart(isRecord(inner) ? inner : {}, rest, value) };
}
