import type { Command } from 'commander';
import { addApplications, addChances, addRelations } from './operate.ts';
import { addRun } from './run.ts';
import { addConfig, addDestroying, addLog, addShowing } from './show.ts';
import { addWorkloads } from './workloads.ts';

/** The command `juju`, with commands of its own. */
export function addJuju(program: Command): void {
  const juju = program
    .command('juju')
    .description('a simulated Juju by hand: its commands, on a model that a folder keeps')
    .helpCommand(false)
    .addHelpText(
      'after',
      `
The hooks that a command calls for are run until all is at rest, unless it is told
to --hold them: then "step" runs one after the other.`,
    );
  addApplications(juju);
  addRelations(juju);
  addConfig(juju);
  addChances(juju);
  addWorkloads(juju);
  addRun(juju);
  addShowing(juju);
  addLog(juju);
  addDestroying(juju);
}
