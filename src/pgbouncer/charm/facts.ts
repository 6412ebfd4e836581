/** What is known of a hook before anything is done for it. Nothing here is written anywhere. */
import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { attempt, take } from '../../hook/index.ts';
import {
  type Environment,
  type JujuModel,
  juju,
  type Variables,
} from '../../juju/hook-tools/index.ts';
import type { JujuAttempt } from '../../juju/port.ts';
import { hookBudget, hostOf } from '../../process/index.ts';
import { jujuEndpoints, settingsKey } from '../keys.ts';
import type { Attempt } from '../ports.ts';
import { renderHostPort } from '../relation/host-port.ts';
import { readPrintedLedger } from '../relation/ledger.ts';
import {
  type ConfigChange,
  type ParsedConfig,
  parseConfig,
  parseSettings,
  whereItIs,
} from './config.ts';
import { placeOf } from './place.ts';
import type { Place } from './pooler.ts';
import { settled } from './port.ts';
import { countOf } from './processes.ts';

/** What a hook begins with. */
export interface Begun {
  readonly environment: Environment;
  readonly variables: Variables;
  /** Says a line at WARNING. */
  readonly tell: (line: string) => void;
  readonly budget: ReturnType<typeof hookBudget>;
}

/** What a hook has before its configuration is known, in milliseconds: the least that can be set. */
const leastBudget = 10_000;

export const beginning = (
  environment: Environment,
  variables: Variables,
  tell: (line: string) => void,
): Begun => ({ environment, variables, tell, budget: hookBudget(leastBudget) });

/** Juju, of which it is not said yet where this unit is reached: that hangs on its options. */
export const modelOf = ({ environment, variables, budget }: Begun): JujuModel =>
  juju(environment, variables, TE.right(null), jujuEndpoints, budget.ofTools, readPrintedLedger);

export interface Facts extends Begun {
  /** Juju, with where this unit is reached. */
  readonly model: JujuModel;
  /** The options in force. */
  readonly config: ParsedConfig;
  /** Those that were in force at the end of the last hook. */
  readonly before: ConfigChange['before'];
  readonly address: JujuModel['address'];
  readonly place: Attempt<Place>;
}

/** From here on the hook has the time that its operator gives it. */
export const factsOf = (begun: Begun, model: JujuModel): Attempt<Facts> =>
  attempt(async () => {
    const { environment, variables, budget } = begun;
    const known = await take(configOf(model));
    budget.set(known.config.budget);
    const address: JujuModel['address'] =
      environment.machine === null ? TE.right({ bind: '*', ingress: '' }) : model.address;
    const processes = { count: countOf(known.config), number: 0 };
    const placed = (options: ParsedConfig['run']): Attempt<Place> =>
      attempt(async () =>
        placeOf(environment, variables, options, await take(address), budget.ofServers, processes),
      );
    const wanted = await settled(known, (options) => placed(options)());
    const config = whereItIs(wanted, environment);
    const endpoint = reachedAt(environment, address, config.options.listenPort);
    return {
      ...begun,
      model: { ...model, endpoint },
      config,
      before: known.before,
      address,
      place: placed(config.run),
    };
  });

/** The options of the operator, or those before one was spoiled. */
const configOf = (model: JujuModel): Attempt<ConfigChange> =>
  attempt(async () => {
    const config = await take(model.config);
    const before = parseSettings((await take(model.state))[settingsKey]);
    return { config: parseConfig(config, before), before };
  });

/** Where clients reach this unit; null while Juju does not say. */
const reachedAt = (
  environment: Environment,
  address: JujuModel['address'],
  port: number,
): JujuAttempt<string | null> =>
  pipe(
    address,
    TE.map((found): string | null => renderHostPort({ host: hostOf(environment, found), port })),
    TE.orElse((error) => (error._tag === 'EndpointUnknown' ? TE.right(null) : TE.left(error))),
  );
