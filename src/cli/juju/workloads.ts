/** The commands by which something becomes of the workloads of a unit. */
import type { Command } from 'commander';
import { checksRecover, type HandModel } from '../../foreign/index.ts';
import { WrongUse } from '../wrong-use.ts';
import { listed, unitIn } from './named.ts';
import { operating, type WorkingOptions, work } from './working.ts';

export function addWorkloads(juju: Command): void {
  operating(juju, 'recover', "have a unit's checks that failed be up again")
    .argument('<unit>', 'the unit')
    .action((name: string, options: WorkingOptions) =>
      work(options, (model) =>
        happens(model, unitIn(model, name), checksRecover, 'no check that is down'),
      ),
    );
  operating(juju, 'notify', 'have a workload tell Pebble something, of which the charm hears')
    .argument('<unit>', 'the unit')
    .argument('<key>', 'what it is about, as example.com/path')
    .option('--container <name>', 'whose workload; may be left out where there is one')
    .action((name: string, key: string, options: WorkingOptions & { container?: string }) =>
      work(options, async (model) => {
        const unit = unitIn(model, name);
        const container = options.container ?? onlyContainer(model, unit);
        const isUp = model.world.outside.units[unit]?.containers[container]?.isUp;
        if (isUp === false) throw new WrongUse(`${container} of ${unit} is not up`);
        await model.notify(unit, { container, key });
      }),
    );
}

function onlyContainer(model: HandModel, unit: string): string {
  const { containers } = model.charmOf(model.world.units[unit]?.application ?? '');
  const [only, ...others] = containers.map(({ name }) => name);
  if (only === undefined) throw new WrongUse(`${unit} has no container`);
  if (others.length > 0) throw new WrongUse(`name the --container; ${listed([only, ...others])}`);
  return only;
}

/** All of a kind that may happen to the workloads of a unit; wrong use where nothing can. */
export async function happens(
  model: HandModel,
  unit: string,
  kindOf: (container: string) => string,
  lacking: string,
): Promise<void> {
  const all = model.ofWorkloads(unit, kindOf);
  if (all.length === 0) throw new WrongUse(`${unit} has ${lacking}`);
  for (const action of all) await model.happen(action);
}
