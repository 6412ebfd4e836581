/** What words on the command line stand for in a model; wrong use names what may have been meant. */
import {
  type CharmOption,
  type HandModel,
  type Named,
  type Pair,
  pairsOf,
  relationBetween,
} from '../../foreign/index.ts';
import { nearest } from '../../misuse/nearest.ts';
import type { Configuration } from '../../testing/index.ts';
import { WrongUse } from '../wrong-use.ts';

export const listed = (names: readonly string[]): string =>
  names.length === 0
    ? 'there is none'
    : `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`;

function known(what: string, name: string, names: readonly string[]): string {
  if (names.includes(name)) return name;
  throw new WrongUse(`there is no ${what} ${name}; ${listed(names)}`, nearest(name, names));
}

/** `APPLICATION/NUMBER`, or `APPLICATION/leader`. */
export function unitIn(model: HandModel, name: string): string {
  const { applications, units } = model.world;
  const [, application] = /^(.+)\/leader$/.exec(name) ?? [];
  if (application === undefined) return known('unit', name, Object.keys(units).sort());
  const { leader = null } = applications[applicationIn(model, application)] ?? {};
  if (leader === null) throw new WrongUse(`nobody leads ${application}`);
  return leader;
}

export const applicationIn = ({ world }: HandModel, name: string): string =>
  known('application', name, Object.keys(world.applications).sort());

/** `APPLICATION[:ENDPOINT]`. */
function endIn(model: HandModel, text: string): Named {
  const [name = '', endpoint = null] = text.split(':');
  const application = applicationIn(model, name);
  if (endpoint === null) return { application, endpoint };
  const names = model.charmOf(application).endpoints.map((one) => one.name);
  if (names.includes(endpoint)) return { application, endpoint };
  const meant = nearest(endpoint, names);
  throw new WrongUse(
    `${application} has no endpoint ${endpoint}; ${listed(names)}`,
    meant === null ? null : `${application}:${meant}`,
  );
}

const pairText = ({ provider, requirer }: Pair): string =>
  `${requirer.application}:${requirer.endpoint} ${provider.application}:${provider.endpoint}`;

/** The two ends that are to be related. */
export function pairToRelate(model: HandModel, one: string, other: string): Pair {
  const ends = [endIn(model, one), endIn(model, other)] as const;
  const all = pairsOf((name) => model.charmOf(name), ...ends);
  const [pair] = all;
  if (pair === undefined)
    throw new WrongUse(`no relations found: ${one} and ${other} have no endpoints that fit`);
  if (all.length > 1)
    throw new WrongUse(
      `ambiguous relation: "${one} ${other}" could refer to ${all.map((it) => `"${pairText(it)}"`).join('; ')}`,
    );
  if (relationBetween(model.world, pair) !== null)
    throw new WrongUse(`relation ${pairText(pair)} already exists`);
  for (const { application, endpoint } of [pair.provider, pair.requirer])
    checkLimit(model, application, endpoint);
  return pair;
}

function checkLimit(model: HandModel, application: string, endpoint: string): void {
  const limit = model.charmOf(application).endpoints.find(({ name }) => name === endpoint)?.limit;
  const there = Object.values(model.world.relations).filter(
    (one) =>
      (one.provider === application && one.endpoint === endpoint) ||
      (one.requirer === application && (one.requirerEndpoint ?? one.endpoint) === endpoint),
  );
  if (limit != null && there.length >= limit)
    throw new WrongUse(
      `establishing a new relation for ${application}:${endpoint} would exceed its maximum relation limit of ${limit}`,
    );
}

/** The relation that there is between two ends, or of a number. */
export function relationIn(model: HandModel, one: string, other: string | undefined): number {
  if (other === undefined) {
    const ids = Object.keys(model.world.relations);
    if (/^\d+$/.test(one)) return Number(known('relation', one, ids));
    throw new WrongUse('name both ends of the relation, or its number');
  }
  const ends = [endIn(model, one), endIn(model, other)] as const;
  const found = pairsOf((name) => model.charmOf(name), ...ends).flatMap(
    (pair) => relationBetween(model.world, pair) ?? [],
  );
  const [id] = found;
  if (id === undefined) throw new WrongUse(`relation ${one} ${other} not found`);
  if (found.length > 1)
    throw new WrongUse(`${one} ${other} are related more than once: name both endpoints`);
  return id;
}

/** `OPTION=VALUE`, of the option's own type. */
export function valuesIn(options: readonly CharmOption[], pairs: readonly string[]): Configuration {
  return Object.fromEntries(
    pairs.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new WrongUse(`"${text}": write OPTION=VALUE`);
      const option = optionIn(options, text.slice(0, at));
      return [option.name, typed(option, text.slice(at + 1))];
    }),
  );
}

export function optionIn(options: readonly CharmOption[], name: string): CharmOption {
  const found = options.find((option) => option.name === name);
  if (found !== undefined) return found;
  const names = options.map((option) => option.name);
  throw new WrongUse(`unknown option "${name}"; ${listed(names)}`, nearest(name, names));
}

/** A value as the type of its option has it; wrong use where it is none. */
export function typed({ name, type }: CharmOption, text: string): unknown {
  const wrong = () => new WrongUse(`option "${name}" expected ${type}, got "${text}"`);
  switch (type) {
    case 'int':
      if (!/^-?\d+$/.test(text)) throw wrong();
      return Number(text);
    case 'float':
      if (text.trim() === '' || Number.isNaN(Number(text))) throw wrong();
      return Number(text);
    case 'boolean':
      if (!/^(true|false)$/i.test(text)) throw wrong();
      return text.toLowerCase() === 'true';
    default:
      return text;
  }
}
