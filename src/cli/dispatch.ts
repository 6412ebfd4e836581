import type { Command } from 'commander';
import { hookProcess } from '../process/hook-process.ts';
import { assertCharmModule, dispatchCharm } from '../process/index.ts';
import { exportsOf } from './charm-module.ts';

export function addDispatch(program: Command): void {
  program
    .command('dispatch')
    .description("one hook of Juju: the agent's environment says which")
    .option('--charm <module>', "another charm than PgBouncer's: the path of what exports it")
    .action(async ({ charm }: { charm?: string }) => {
      if (charm === undefined) {
        await import('../pgbouncer/charm/entry.ts');
        return;
      }
      const loaded: unknown = await exportsOf(charm);
      assertCharmModule(loaded, charm);
      hookProcess((output) => dispatchCharm(loaded, process.env, output));
    });
}
