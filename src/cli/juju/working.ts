/** One command on a model that is kept in a folder. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { HandModel, type HandRun, ModelFolder } from '../../foreign/index.ts';
import { bad } from '../colour.ts';
import { onInterruption } from '../interruption.ts';
import { json, out } from '../output.ts';
import { ownPackage } from '../package.ts';

export interface ModelOptions {
  readonly model: string;
}

export interface WorkingOptions extends ModelOptions {
  /** Hooks are left waiting. */
  readonly hold?: true;
  readonly json?: true;
}

const inFolder = ['-m, --model <folder>', 'the folder of the model', '.hookchart-juju'] as const;

/** A command that shows something of a model. */
export const showing = (juju: Command, name: string, about: string): Command =>
  juju
    .command(name)
    .description(about)
    .option(...inFolder);

/** A command that does something to it. */
export const working = (juju: Command, name: string, about: string): Command =>
  showing(juju, name, about).option('--json', 'print one JSON document');

/** One after which hooks are run. */
export const operating = (juju: Command, name: string, about: string): Command =>
  working(juju, name, about).option('--hold', 'run no hooks: "step" runs one after the other');

/** In which form something is shown. */
export const formats = (choices: readonly [string, ...string[]]): Option =>
  new Option('--format <format>', 'how to print it').choices(choices).default(choices[0]);

const folderOf = ({ model: path }: ModelOptions): ModelFolder =>
  new ModelFolder(resolve(path), ownPackage().version);

interface Work {
  /** The model need not be there yet. */
  readonly begins?: boolean;
  /** What is in the JSON document beside the hooks. */
  readonly beside?: () => Readonly<Record<string, unknown>>;
}

/** Shows something of the model that is there. */
export function look(options: ModelOptions, show: (model: HandModel) => void): void {
  const folder = folderOf(options);
  folder.read();
  show(new HandModel(folder));
}

/** The folder, for who takes it away with whatever is in it. */
export const modelFolder = folderOf;

/**
 * Does something to a model, and runs the hooks that come of it; they are told as they end. Nobody
 * else works on it meanwhile, and what Ctrl-C ends stays as the last hook has left it.
 */
export async function work(
  options: WorkingOptions,
  act: (model: HandModel) => Promise<void>,
  { begins = false, beside = () => ({}) }: Work = {},
): Promise<void> {
  const folder = folderOf(options);
  if (!begins) folder.read();
  const unlock = folder.lock();
  const hooks: HandRun[] = [];
  const say = options.json ? () => {} : out;
  let model: HandModel | null = null;
  const end = () => {
    model?.close();
    unlock();
    if (!folder.isThere()) folder.destroy();
  };
  const stop = onInterruption(end);
  try {
    model = new HandModel(folder, (run) => {
      hooks.push(run);
      say(lineOf(run));
    });
    await act(model);
    const message = process.argv.slice(3).join(' ');
    model.log([{ entity: 'controller-0', level: 'INFO', module: 'juju.command', message }]);
    const isAtRest = options.hold ? model.due().length === 0 : await model.rest();
    if (options.json) json({ hooks, isAtRest, waiting: model.due().map(waitingOf), ...beside() });
    else tellRest(model, isAtRest, options.hold === true);
  } finally {
    stop();
    end();
  }
}

const waitingOf = ({ unit, hook }: ReturnType<HandModel['due']>[number]) => ({
  unit,
  hook: hook.name,
});

function lineOf({ unit, hook, relation, failure }: HandRun): string {
  const whole = `${unit} runs ${hook}${relation === null ? '' : ` of ${relation}`}`;
  return failure === null ? `${whole}\n` : `${bad(`${whole}: ${failure}`)}\n`;
}

function tellRest(model: HandModel, isAtRest: boolean, isHeld: boolean): void {
  const failed = Object.entries(model.world.units).flatMap(([unit, { failed: hook }]) =>
    hook === null ? [] : [unit],
  );
  if (isHeld && !isAtRest) {
    const waiting = model.due().length;
    out(`${waiting} ${waiting === 1 ? 'hook may' : 'hooks may'} come next: hookchart juju step\n`);
  } else if (!isAtRest)
    out(
      'The hooks have not come to rest: they may call each other forth without end. See status.\n',
    );
  for (const unit of failed)
    out(`${bad(`${unit} is in error`)}: hookchart juju debug-log --include ${unit}\n`);
}
