/** The commands that show a model, as Juju does. */
import type { Command } from 'commander';
import { Option } from 'commander';
import {
  asYaml,
  configShown,
  levels,
  logText,
  secretOf,
  secretsShown,
  statusOf,
  statusText,
  table,
  unitShown,
} from '../../foreign/index.ts';
import { json, out } from '../output.ts';
import { wholeNumber } from '../whole-number.ts';
import { WrongUse } from '../wrong-use.ts';
import { applicationIn, optionIn, unitIn, valuesIn } from './named.ts';
import {
  formats,
  look,
  type ModelOptions,
  modelFolder,
  operating,
  showing,
  type WorkingOptions,
  work,
} from './working.ts';

interface Formatted extends ModelOptions {
  readonly format: string;
}

function print(format: string, value: unknown, text: () => string = () => ''): void {
  if (format === 'json') json(value);
  else out(format === 'yaml' ? asYaml(value) : text());
}

export function addShowing(juju: Command): void {
  showing(juju, 'status', 'applications, units, relations, and hooks that wait')
    .addOption(formats(['tabular', 'json', 'yaml']))
    .action((options: Formatted) =>
      look(options, (model) => {
        const status = statusOf(model);
        print(options.format, status, () => statusText(status));
      }),
    );
  showing(juju, 'show-unit', "a unit's databags, and those that it can read")
    .argument('<unit>', 'the unit')
    .addOption(formats(['yaml', 'json']))
    .action((name: string, options: Formatted) =>
      look(options, (model) => print(options.format, unitShown(model, unitIn(model, name)))),
    );
  showing(juju, 'secrets', 'all secrets, without what is in them')
    .addOption(formats(['tabular', 'json', 'yaml']))
    .action((options: Formatted) =>
      look(options, (model) => {
        const all = secretsShown(model);
        print(options.format, all, () =>
          table(
            ['ID', 'Name', 'Owner', 'Rotation', 'Revision'],
            Object.entries(all).map(([id, { label, owner, rotation, revision }]) => [
              ...[id, label, owner, rotation, String(revision)],
            ]),
          ),
        );
      }),
    );
  showing(juju, 'show-secret', 'one secret')
    .argument('<secret>', 'its id or its label')
    .option('--reveal', 'with what is in it')
    .addOption(formats(['yaml', 'json']))
    .action((given: string, options: Formatted & { readonly reveal?: true }) =>
      look(options, (model) => {
        if (secretOf(model, given) === null)
          throw new WrongUse(`there is no secret ${given}: "secrets" lists them`);
        print(options.format, secretsShown(model, given, options.reveal === true));
      }),
    );
}

interface LogOptions extends Formatted {
  readonly include?: readonly string[];
  readonly level: (typeof levels)[number];
  readonly lines?: number;
}

export function addLog(juju: Command): void {
  showing(juju, 'debug-log', 'hooks with what they have logged and printed')
    .option('-i, --include <unit...>', 'only of these units')
    .addOption(
      new Option('-l, --level <level>', 'no less grave lines').choices(levels).default('DEBUG'),
    )
    .option('-n, --lines <n>', 'only so many, the last ones', wholeNumber)
    .addOption(formats(['text', 'json']))
    .action((options: LogOptions) =>
      look(options, (model) => {
        const { include } = options;
        const all = model.folder.logged();
        const tags = include?.map((name) => {
          const tag = tagOf(name);
          // What a unit has logged outlives it.
          return all.some(({ entity }) => entity === tag) ? tag : tagOf(unitIn(model, name));
        });
        const least = levels.indexOf(options.level);
        const lines = all
          .filter(({ entity }) => tags === undefined || tags.includes(entity))
          .filter(({ level }) => (levels as readonly string[]).indexOf(level) >= least)
          .slice(options.lines === undefined ? 0 : -options.lines || Number.POSITIVE_INFINITY);
        print(options.format, lines, () => lines.map((line) => `${logText(line)}\n`).join(''));
      }),
    );
}

const tagOf = (unit: string): string => `unit-${unit.replace('/', '-')}`;

interface ConfigOptions extends WorkingOptions, Formatted {
  readonly reset?: readonly string[];
}

export function addConfig(juju: Command): void {
  operating(juju, 'config', 'read options of an application, or set them')
    .argument('<application>', 'the application')
    .argument('[option...]', 'OPTION to read one, OPTION=VALUE to set some')
    .option('--reset <option...>', 'set these back to what they are by default')
    .addOption(formats(['yaml', 'json']))
    .action(async (name: string, words: readonly string[], options: ConfigOptions) => {
      const { reset = [], format } = options;
      const pairs = words.filter((word) => word.includes('='));
      if (pairs.length === 0 && reset.length === 0) {
        if (words.length > 1) throw new WrongUse('name one option to read, or none for all');
        look(options, (model) => {
          const application = applicationIn(model, name);
          const [word] = words;
          const all = model.charmOf(application).options;
          if (word === undefined) return print(format, configShown(model, application));
          const option = optionIn(all, word).name;
          out(`${model.world.applications[application]?.config?.[option] ?? ''}\n`);
        });
        return;
      }
      if (pairs.length < words.length)
        throw new WrongUse('either read an option or set some, as OPTION=VALUE');
      await work(options, async (model) => {
        const application = applicationIn(model, name);
        const all = model.charmOf(application).options;
        const presets = reset
          .map((one) => optionIn(all, one))
          .map((one) => [one.name, one.default]);
        const values = { ...Object.fromEntries(presets), ...valuesIn(all, pairs) };
        const now = model.world.applications[application]?.config ?? {};
        // Juju tells nobody of a value that is there already.
        if (Object.entries(values).every(([key, value]) => now[key] === value)) return;
        await model.act({ _tag: 'ChangeConfig', application, values });
      });
    });
}

export function addDestroying(juju: Command): void {
  showing(juju, 'destroy-model', 'take the model away, with all that it has made').action(
    (options: ModelOptions) => {
      const folder = modelFolder(options);
      if (!folder.isThere()) throw new WrongUse(`there is no model in ${folder.path}`);
      folder.destroy();
    },
  );
}
