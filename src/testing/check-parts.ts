/** What is brought part by part, held against what each part has to be; the compiler says the same. */
import { instead, isRecord, kindOf } from '../hook/index.ts';
import { Misuse } from './world.ts';

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

const kinds = {
  text: ['a text', (value: unknown) => typeof value === 'string'],
  function: ['a function', (value: unknown) => typeof value === 'function'],
  record: ['a record', isRecord],
  list: ['a list', Array.isArray],
  true: ['true', (value: unknown) => value === true],
  number: ['a number from 0 on', isNumber],
  count: ['a whole number from 0 on', (value: unknown) => isNumber(value) && value % 1 === 0],
  telling: [
    'a text or a function that gives one',
    (value: unknown) => typeof value === 'string' || typeof value === 'function',
  ],
  anything: ['anything', () => true],
} as const;

/** What each part has to be; those that may be missing are named with a question mark. */
export type Parts = Readonly<Record<string, keyof typeof kinds>>;

/** Throws `Misuse` where a part is missing or of another kind, or is nothing that anybody asks for. */
export function checkParts(to: string, name: string, value: unknown, parts: Parts): void {
  if (!isRecord(value)) throw new Misuse(`${to}: ${name} is ${kindOf(value)}: give a record`);
  const known = Object.keys(parts).map((part) => part.replace('?', ''));
  for (const part of Object.keys(value))
    if (!known.includes(part))
      throw new Misuse(
        `${to}: ${name} has "${part}", which nobody asks: say ${instead(part, known)}`,
      );
  for (const [part, kind] of Object.entries(parts)) {
    const [key, isOptional] = [part.replace('?', ''), part.endsWith('?')];
    const [wanted, isSuch] = kinds[kind];
    if (isOptional && value[key] === undefined) continue;
    if (!(key in value) || !isSuch(value[key]))
      throw new Misuse(`${to}: ${key} of ${name} is ${saidOf(value[key])}: it takes ${wanted}`);
  }
}

/** Throws `Misuse` where something is no databag: Juju's hold texts alone. */
export function checkDatabag(to: string, name: string, value: unknown): void {
  if (!isRecord(value))
    throw new Misuse(`${to}: ${name} is ${kindOf(value)}: give a record of texts`);
  for (const [key, text] of Object.entries(value))
    if (typeof text !== 'string')
      throw new Misuse(`${to}: ${key} of ${name} is ${saidOf(text)}: a databag holds texts alone`);
}

const saidOf = (value: unknown): string =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value);
