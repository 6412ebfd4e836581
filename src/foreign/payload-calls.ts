/**
 * The hook tools `payload-*` as programs: what a unit says of processes that it runs beside Juju. It is in
 * force at once, whatever becomes of the hook, and nobody is told of it.
 */
import { isRecord } from '../hook/index.ts';
import { ToolError } from '../testing/index.ts';
import { unknownTool, type Words } from './call.ts';
import type { Around } from './tool-calls.ts';

/** One process, as it was registered. */
export interface Payload {
  readonly type: string;
  readonly status: string;
  readonly labels: readonly string[];
}

const states = ['running', 'starting', 'stopped', 'stopping'];

export function payloadCall({ charm, beside }: Around, words: Words): string {
  const { tool, rest } = words;
  const [first = '', second = '', third = '', ...labels] = rest;
  const fewest = tool === 'payload-unregister' ? 2 : 3;
  if (rest.length < fewest) throw words.wrong('missing required arguments');
  const refused = (why: string) => new ToolError(tool, 1, why);
  const known = beside.payloads ?? {};
  const { [`${first}/${second}`]: payload, ...others } = known;
  switch (tool) {
    case 'payload-register': {
      const expected = classesOf(charm.document)[second];
      if (expected === undefined) throw refused(`payload "${second}" not found in metadata.yaml`);
      if (expected !== first)
        throw refused(`incorrect type "${first}" for payload "${second}", expected "${expected}"`);
      if (third === '') throw refused('missing ID not valid');
      const now = { type: first, status: 'running', labels };
      beside.payloads = { ...known, [`${second}/${third}`]: now };
      return '';
    }
    case 'payload-status-set':
      if (!states.includes(third))
        throw refused(
          `status "${third}" not supported; expected one of ["${states.join('", "')}"]`,
        );
      if (payload === undefined) throw refused(`payload ${first}/${second} not found`);
      beside.payloads = { ...known, [`${first}/${second}`]: { ...payload, status: third } };
      return '';
    case 'payload-unregister':
      // Of one that is not known Juju says nothing.
      beside.payloads = others;
      return '';
    default:
      throw unknownTool(tool);
  }
}

/** By its name: of which type a process of the charm's is. */
const classesOf = (document: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(isRecord(document.payloads) ? document.payloads : {}).flatMap(([name, one]) =>
      isRecord(one) && typeof one.type === 'string' ? [[name, one.type]] : [],
    ),
  );
