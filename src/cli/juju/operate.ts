/** The commands by which operators, and chance, have something happen to a model. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { checksFail, describeCharm, type HandModel, restarts } from '../../foreign/index.ts';
import { nearest } from '../../misuse/nearest.ts';
import type { RunHook } from '../../testing/index.ts';
import { imagesIn, resourcesIn } from '../foreign-options.ts';
import { out } from '../output.ts';
import { wholeNumber } from '../whole-number.ts';
import { WrongUse } from '../wrong-use.ts';
import { applicationIn, pairToRelate, relationIn, unitIn, valuesIn } from './named.ts';
import { operating, type WorkingOptions, work, working } from './working.ts';
import { happens } from './workloads.ts';

interface DeployOptions extends WorkingOptions {
  readonly units: number;
  readonly config: readonly string[];
  readonly image: readonly string[];
  readonly resource: readonly string[];
  readonly python?: string;
}

const many = (text: string, before: readonly string[]): readonly string[] => [...before, text];

/** The model is taken up again from other folders. */
const allResolved = (named: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(named).map(([name, at]) => [name, resolve(at)]));

function atLeastOne(text: string): number {
  const count = wholeNumber(text);
  if (count < 1) throw new InvalidArgumentError('It is to be at least 1.');
  return count;
}

/** Applications and their units. */
export function addApplications(juju: Command): void {
  operating(juju, 'deploy', 'deploy the charm in a folder')
    .argument('<folder>', 'the folder of the charm, packed or as its sources')
    .argument('[application]', "the application's name; by default the charm's own")
    .option('-n, --num-units <n>', 'how many units', wholeNumber, 1)
    .option('--config <option=value>', 'the value of an option; may be repeated', many, [])
    .option('--image <container=folder>', 'what the image of a container brings', many, [])
    .option('--resource <name=file>', 'the file of a resource; may be repeated', many, [])
    .option('--python <program>', "the interpreter; by default that of the charm's own venv")
    .action(async (charm: string, name: string | undefined, given: DeployOptions & Counted) => {
      const folder = resolve(charm);
      const { name: own, options } = describeCharm(folder);
      const application = name ?? own;
      if (!/^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$/.test(application))
        throw new WrongUse(
          `invalid application name "${application}": small letters, digits, hyphens between words`,
        );
      const config = valuesIn(options, given.config);
      const images = allResolved(imagesIn(given.image));
      const resources = allResolved(resourcesIn(given.resource));
      const python = given.python?.includes('/') ? resolve(given.python) : given.python;
      await work(
        given,
        async (model) => {
          if (model.world.applications[application] !== undefined)
            throw new WrongUse(`application ${application} already exists: give it another name`);
          await model.deploy({
            ...{ application, units: given.numUnits, config, folder },
            ...(python === undefined ? {} : { python }),
            ...(Object.keys(images).length === 0 ? {} : { images }),
            ...(Object.keys(resources).length === 0 ? {} : { resources }),
          });
        },
        { begins: true },
      );
    });
  operating(juju, 'refresh', 'take up what has become of the folder of a charm, or another one')
    .argument('<application>', 'the application')
    .option('--path <folder>', 'the other folder')
    .action((name: string, options: WorkingOptions & { readonly path?: string }) =>
      work(options, (model) =>
        model.refresh(
          applicationIn(model, name),
          options.path === undefined ? undefined : resolve(options.path),
        ),
      ),
    );
  operating(juju, 'add-unit', 'add units to an application')
    .argument('<application>', 'the application')
    .option('-n, --num-units <n>', 'how many', atLeastOne, 1)
    .action((name: string, options: WorkingOptions & Counted) =>
      work(options, async (model) => {
        const application = applicationIn(model, name);
        for (let unit = 0; unit < options.numUnits; unit++)
          await model.act({ _tag: 'AddUnit', application });
      }),
    );
  operating(juju, 'remove-unit', 'remove units')
    .argument('<unit...>', 'the units')
    .option('--force', 'without their last hooks')
    .action((names: readonly string[], options: WorkingOptions & Forced) =>
      work(options, async (model) => {
        for (const unit of names.map((name) => unitIn(model, name)))
          await model.act({ _tag: 'RemoveUnit', unit, ...forced(options) });
      }),
    );
  operating(juju, 'remove-application', 'remove an application with its relations')
    .argument('<application>', 'the application')
    .action((name: string, options: WorkingOptions) =>
      work(options, (model) =>
        model.act({ _tag: 'RemoveApplication', application: applicationIn(model, name) }),
      ),
    );
}

interface Counted {
  readonly numUnits: number;
}

interface Forced {
  readonly force?: true;
}

const forced = ({ force }: Forced): { readonly force?: true } => (force ? { force } : {});

export function addRelations(juju: Command): void {
  operating(juju, 'integrate', 'relate two applications')
    .alias('relate')
    .argument('<end>', 'APPLICATION[:ENDPOINT]')
    .argument('<other-end>', 'APPLICATION[:ENDPOINT]')
    .action((one: string, other: string, options: WorkingOptions) =>
      work(options, (model) => {
        const { provider, requirer } = pairToRelate(model, one, other);
        return model.act({ _tag: 'Integrate', provider, requirer });
      }),
    );
  operating(juju, 'remove-relation', 'remove the relation of two applications')
    .argument('<end>', "APPLICATION[:ENDPOINT], or the relation's number alone")
    .argument('[other-end]', 'APPLICATION[:ENDPOINT]')
    .option('--force', 'without the hooks of its end')
    .action((one: string, other: string | undefined, options: WorkingOptions & Forced) =>
      work(options, (model) => {
        const relation = relationIn(model, one, other);
        return model.act({ _tag: 'RemoveRelation', relation, ...forced(options) });
      }),
    );
}

interface CrashOptions extends WorkingOptions {
  readonly how: 'hook' | 'commit' | 'lease' | 'agent' | 'container' | 'checks' | 'pod';
  readonly at: number;
}

/** What befalls units. */
export function addChances(juju: Command): void {
  operating(juju, 'elect', 'have a unit lead its application')
    .argument('<unit>', 'the unit')
    .action((name: string, options: WorkingOptions) =>
      work(options, (model) => elect(model, unitIn(model, name))),
    );
  operating(juju, 'crash', "have a unit's next hook die, or its agent or its pod")
    .argument('<unit>', 'the unit')
    .addOption(
      new Option(
        '--how <what>',
        'what dies: the process of its next hook, the commit of that, its lease in it, or at once the agent, the workload containers, their checks, or the pod',
      )
        .choices(['hook', 'commit', 'lease', 'agent', 'container', 'checks', 'pod'])
        .default('hook'),
    )
    .option(
      '--at <n>',
      'before which of the calls that write, the commit being the last',
      atLeastOne,
      1,
    )
    .action((name: string, options: CrashOptions) =>
      work(options, async (model) => {
        const unit = unitIn(model, name);
        const hows = { hook: 'killed', commit: 'commit lost', lease: 'deposed' } as const;
        if (options.how === 'agent') await model.act({ _tag: 'RestartAgent', unit });
        else if (options.how === 'container')
          await happens(model, unit, restarts, 'no container that is up');
        else if (options.how === 'checks')
          await happens(model, unit, checksFail, 'no check that is up');
        else if (options.how === 'pod') await model.act({ _tag: 'LosePod', unit });
        else model.meet(unit, { at: options.at, how: hows[options.how] });
      }),
    );
  operating(juju, 'resolved', 'have a hook that failed run once more')
    .alias('resolve')
    .argument('<unit>', 'the unit')
    .option('--no-retry', 'go on without it')
    .action((name: string, options: WorkingOptions & { readonly retry: boolean }) =>
      work(options, async (model) => {
        const unit = unitIn(model, name);
        const hook = model.world.units[unit]?.failed ?? null;
        if (hook === null) throw new WrongUse(`unit "${unit}" is not in an error state`);
        if (!options.retry) await model.act({ _tag: 'Resolve', unit });
        else if (!options.hold) await model.run({ _tag: 'RunHook', unit, hook });
      }),
    );
  operating(juju, 'update-status', 'run update-status where nothing else waits')
    .argument('[unit...]', 'the units; all of them by default')
    .action((names: readonly string[], options: WorkingOptions) =>
      work(options, async (model) => {
        const all = Object.keys(model.world.units).sort();
        const chosen = names.length === 0 ? all : names.map((name) => unitIn(model, name));
        for (const unit of chosen)
          if (model.due().every((due) => due.unit !== unit)) await model.updateStatus(unit);
      }),
    );
  working(juju, 'step', 'run one of the hooks that wait, and no other')
    .argument('[unit]', 'the unit; by default the first that has one')
    .argument('[hook]', 'which of those that may come next, as HOOK or HOOK:RELATION')
    .action((unit: string | undefined, hook: string | undefined, options: WorkingOptions) =>
      work({ ...options, hold: true }, async (model) => {
        const named = unit === undefined ? null : unitIn(model, unit);
        const up = containerToCome(model, named, hook);
        if (up === undefined) await model.run(chosenHook(model, named, hook));
        else tellStep(await model.happen(up), options);
      }),
    );
}

async function elect(model: HandModel, unit: string): Promise<void> {
  const application = model.world.units[unit]?.application ?? '';
  const leader = model.world.applications[application]?.leader ?? null;
  if (leader === unit) throw new WrongUse(`${unit} leads ${application} already`);
  await model.elect(unit);
}

/** A container that is to come up next: where no hook waits, or where its pebble-ready is asked for. */
function containerToCome(model: HandModel, unit: string | null, hook: string | undefined) {
  const coming = model.comingUp().filter((one) => unit === null || one.unit === unit);
  const isDue = model.due().some((one) => unit === null || one.unit === unit);
  if (hook === undefined) return isDue ? undefined : coming[0];
  const container = /^(.+)-pebble-ready$/.exec(hook)?.[1];
  return coming.find(({ _tag }) => _tag === `${container} comes up`);
}

function tellStep(told: string, { json: isJson }: WorkingOptions): void {
  if (isJson !== true) out(`${told}\n`);
}

function chosenHook(model: HandModel, unit: string | null, hook: string | undefined): RunHook {
  const due = model.due().filter((one) => unit === null || one.unit === unit);
  const [first] = due;
  if (hook === 'update-status' && unit !== null && first === undefined)
    return { _tag: 'RunHook', unit, hook: { name: hook } };
  if (first === undefined)
    throw new WrongUse(`no hook of ${unit === null ? 'any unit' : unit} waits`);
  if (hook === undefined) return first;
  const [name, relation] = hook.split(':');
  const found = due.find(
    (one) =>
      one.hook.name === name && (relation === undefined || String(one.hook.relation) === relation),
  );
  if (found !== undefined) return found;
  const names = [...new Set(due.map((one) => one.hook.name))];
  throw new WrongUse(`${hook} cannot come next; ${names.join(' or ')} can`, nearest(hook, names));
}
