import type { RecordedHook } from './recording.ts';

/** What was recorded and what the simulation has instead. */
export class Differs extends Error {
  override readonly name = 'Differs';
}

export const differs = (what: string, expected: string, recorded: string): Differs =>
  new Differs(`${what}: the simulation has ${short(expected)}, recorded is ${short(recorded)}`);

export const short = (text: string): string =>
  text.length > 300 ? `${text.slice(0, 300)}…` : text;

/** What a hook is called in what is told of it. */
export const told = ({ unit, hook, environment }: RecordedHook, number: number): string => {
  const {
    JUJU_RELATION_ID: relation,
    JUJU_REMOTE_UNIT: remote,
    JUJU_SECRET_ID: secret,
  } = environment;
  const of = [relation, remote, secret].filter((one) => one !== undefined && one !== '');
  return `${unit}, hook ${number}, ${hook}${of.length === 0 ? '' : ` (${of.join(' ')})`}`;
};
