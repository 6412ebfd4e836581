/** What the command line says of a charm in a folder: the other side, options, actions, oracles. */
import { existsSync, statSync } from 'node:fs';
import {
  type AskedFor,
  asksAndReads,
  type CharmOption,
  charmAsOtherSide,
  describeCharm,
  type ForeignCharm,
  type Oracle,
  type OtherSide,
  openForeignCharm,
  oraclesIn,
  otherSideIn,
} from '../foreign/index.ts';
import { typed } from './juju/named.ts';
import { WrongUse } from './wrong-use.ts';

/** The options that may be given several times, called as a story's file calls them. */
export interface Several {
  /** Who is on the other side, and what applications ask for there. */
  readonly relate: readonly string[];
  readonly ask: readonly string[];
  /** What operators set, and which actions they run. */
  readonly set: readonly string[];
  readonly action: readonly string[];
  /** What workloads tell Pebble. */
  readonly notice: readonly string[];
  readonly answeredBy: readonly string[];
  /** Files with oracles of the author's own. */
  readonly oracle: readonly string[];
  /** Endpoints to which nobody is related. */
  readonly without: readonly string[];
  /** What the images of containers bring. */
  readonly image: readonly string[];
  /** Files of the charm's resources. */
  readonly resource: readonly string[];
}

/** All of them and nothing else, be they given or not. */
export function severalIn(given: Partial<Several>): Several {
  const { relate = [], ask = [], set = [], action = [], notice = [] } = given;
  const { answeredBy = [], oracle = [], without = [], image = [], resource = [] } = given;
  return { relate, ask, set, action, notice, answeredBy, oracle, without, image, resource };
}

/** The names of those that are given. */
export const namesOfSeveral = (given: Partial<Several>): readonly string[] =>
  Object.entries(severalIn(given)).flatMap(([name, values]) => (values.length > 0 ? [name] : []));

/** What `soak` is told of a charm in a folder. */
export interface ForeignSoakArguments extends Several {
  readonly charm: string;
  readonly hooks: number;
  readonly seed: number;
  readonly python?: string;
  readonly plain?: true;
  /** Where the story of what was found is written. */
  readonly save?: string;
  /** Where it is recorded for the inspector. */
  readonly record: string;
  readonly json?: true;
}

/** How the hooks of a charm in a folder are run. */
export type Ran = Pick<ForeignSoakArguments, 'python' | 'plain'>;

/** The charm in a folder, as the command line has it run. */
export const opened = async (
  folder: string,
  { relate, ask, set, action, notice, without, image, resource, python, plain }: Several & Ran,
): Promise<ForeignCharm> =>
  await openForeignCharm(folder, {
    others: await othersIn({ relate, ask }),
    configurations: set.map((text) => settingIn(describeCharm(folder).options, text)),
    actions: action.map(actionIn),
    notices: notice.map((text) => {
      const [container, key] = split('--notice', text, ':', 'CONTAINER:KEY');
      return { container, key };
    }),
    without,
    images: imagesIn(image),
    resources: resourcesIn(resource),
    ...(python === undefined ? {} : { python }),
    isPlain: plain === true,
  });

/** Folders with what images bring, by the container's name, of `CONTAINER=FOLDER`. */
export const imagesIn = (texts: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(texts.map((text) => split('--image', text, '=', 'CONTAINER=FOLDER')));

/** Files of resources, by the resource's name, of `NAME=FILE`. */
export const resourcesIn = (texts: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(texts.map((text) => split('--resource', text, '=', 'NAME=FILE')));

/** The oracles of the files that were named. */
export async function ownOracles({
  oracle,
  python,
}: Pick<ForeignSoakArguments, 'oracle' | 'python'>): Promise<readonly Oracle[]> {
  const found = await Promise.all(oracle.map((file) => oraclesIn(file, python)));
  return found.flat();
}

async function othersIn({
  relate,
  ask,
}: Pick<ForeignSoakArguments, 'relate' | 'ask'>): Promise<Readonly<Record<string, OtherSide>>> {
  const others: Record<string, OtherSide> = {};
  for (const text of relate) {
    const form = 'ENDPOINT=FILE.js or ENDPOINT=FOLDER:ENDPOINT';
    const [endpoint, what] = split('--relate', text, '=', form);
    others[endpoint] = isFile(what) ? await otherSideIn(what) : charmThere(text, what, form);
  }
  for (const text of ask) {
    const [endpoint = '', pairs = ''] = split('--ask', text, ':', 'ENDPOINT:KEY=VALUE');
    const request = Object.fromEntries(
      pairs.split(',').map((pair) => split('--ask', pair, '=', 'ENDPOINT:KEY=VALUE')),
    );
    const before = others[endpoint];
    if (before?.charm !== undefined)
      throw new WrongUse(`--ask ${text}: the charm that is related there asks by itself`);
    const isAsked = before !== undefined && relate.every((one) => !one.startsWith(`${endpoint}=`));
    others[endpoint] = {
      script: before?.script ?? asksAndReads,
      requests: [...(isAsked ? before.requests : []), request],
    };
  }
  return others;
}

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();

/** The charm of `FOLDER:ENDPOINT` as the other side. */
function charmThere(text: string, what: string, form: string): OtherSide {
  const at = what.lastIndexOf(':');
  if (at < 1)
    throw new WrongUse(`--relate ${text}: there is no file ${what}: write --relate ${form}`);
  return charmAsOtherSide(what.slice(0, at), what.slice(at + 1));
}

/** `NAME`, or `NAME:KEY=VALUE,…`. */
function actionIn(text: string): AskedFor {
  const [name = '', ...rest] = text.split(':');
  const pairs = rest.join(':');
  const form = 'NAME or --action NAME:KEY=VALUE';
  const given = pairs === '' ? [] : pairs.split(',').map((one) => pairIn('--action', one, form));
  return { name, parameters: Object.assign({}, ...given) };
}

/** As `juju config` takes it; an option that the charm has not is found out where it is opened. */
function settingIn(
  options: readonly CharmOption[],
  text: string,
): Readonly<Record<string, unknown>> {
  const [name, value] = split('--set', text, '=', 'OPTION=VALUE');
  const option = options.find((one) => one.name === name);
  return { [name]: option === undefined ? value : typed(option, value) };
}

function pairIn(option: string, text: string, form: string): Readonly<Record<string, unknown>> {
  const [key, value] = split(option, text, '=', form);
  return { [key]: valueIn(value) };
}

/** What is JSON is read as that, and all else as text. */
export function valueIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function split(option: string, text: string, by: string, form: string): readonly [string, string] {
  const at = text.indexOf(by);
  if (at < 1) throw new WrongUse(`${option} ${text}: write ${option} ${form}`);
  return [text.slice(0, at), text.slice(at + 1)];
}
