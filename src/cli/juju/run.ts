/** Actions of charms, as operators ask units for them. */
import type { Command } from 'commander';
import { asYaml, type HandModel, type HandRun, refusalOf, withPart } from '../../foreign/index.ts';
import { nearest } from '../../misuse/nearest.ts';
import { bad } from '../colour.ts';
import { valueIn } from '../foreign-options.ts';
import { out } from '../output.ts';
import { WrongUse } from '../wrong-use.ts';
import { listed, unitIn } from './named.ts';
import { operating, type WorkingOptions, work } from './working.ts';

export function addRun(juju: Command): void {
  operating(juju, 'run', 'run an action of the charm on a unit')
    .argument('<unit>', 'the unit')
    .argument('<action>', 'the action')
    .argument('[parameter...]', 'what it is given, as KEY=VALUE')
    .action((name: string, action: string, given: readonly string[], options: WorkingOptions) => {
      let came: HandRun | null = null;
      const why = () => came?.failure ?? came?.action?.failure ?? null;
      return work(
        options,
        async (model) => {
          const unit = unitIn(model, name);
          const parameters = parametersIn(given);
          checkAction(model, unit, action, parameters);
          const asked = { id: '1', parameters };
          const hook = { name: action, action: asked };
          came = await model.run({ _tag: 'RunHook', unit, hook });
          if (why() !== null) process.exitCode = 1;
          if (!options.json) tell(came, why());
        },
        { beside: () => ({ action: { ...came?.action, failure: why() } }) },
      );
    });
}

function tell({ hook, action }: HandRun, why: string | null): void {
  const { log, results } = action ?? { log: [], results: {} };
  for (const line of log) out(`${line}\n`);
  if (Object.keys(results).length > 0) out(asYaml(results));
  if (why !== null) out(`${bad(`${hook} failed: ${why}`)}\n`);
}

function checkAction(model: HandModel, unit: string, name: string, parameters: Parameters): void {
  const { actions } = model.charmOf(model.world.units[unit]?.application ?? '');
  const names = actions.map((one) => one.name);
  const action = actions.find((one) => one.name === name);
  if (action === undefined)
    throw new WrongUse(`unknown action "${name}"; ${listed(names)}`, nearest(name, names));
  const why = refusalOf(action.schema, parameters);
  if (why !== null) throw new WrongUse(`${name}: ${why}`);
}

type Parameters = Readonly<Record<string, unknown>>;

/** A key with periods says where in a map its value is. */
const parametersIn = (pairs: readonly string[]): Parameters =>
  pairs.reduce<Parameters>((before, text) => {
    const at = text.indexOf('=');
    if (at < 1) throw new WrongUse(`"${text}": write KEY=VALUE`);
    const keys = text.slice(0, at).split('.');
    const wrong = keys.find((key) => !/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(key));
    if (wrong !== undefined)
      throw new WrongUse(
        `key "${wrong}" must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens`,
      );
    return withPart(before, keys, valueIn(text.slice(at + 1)));
  }, {});
