/** What a unit is told of the action that it runs, and what it answers. */
import * as v from 'valibot';
import { halt, take } from '../../hook/index.ts';
import type { Databag, JujuAttempt } from '../port.ts';
import { asModel, type Tools, unanswered } from './tools.ts';

export interface ActionTools {
  /** What the operator gave, with the defaults of `actions.yaml`. */
  readonly parameters: JujuAttempt<Readonly<Record<string, unknown>>>;
  readonly succeed: (results: Databag) => JujuAttempt<void>;
  /** Marks the action as failed, with a sentence for the operator. */
  readonly fail: (why: string) => JujuAttempt<void>;
}

/** The longest argument that Linux takes for a program, less what stands before it. */
const most = 120_000;

export function actionTools({ ask, tell }: Tools): ActionTools {
  const said = async (tool: string, args: readonly string[]): Promise<void> => {
    await take(() => tell(tool, args));
  };
  return {
    parameters: asModel(
      async () =>
        (await take(ask(v.nullable(v.record(v.string(), v.unknown())), 'action-get'))) ?? {},
    ),
    succeed: (results) =>
      asModel(async () => {
        const args = Object.entries(results).map(([key, value]) => `${key}=${value}`);
        const long = args.find((arg) => Buffer.byteLength(arg) > most);
        if (long !== undefined)
          halt(unanswered('action-set', `${long.slice(0, 40)}… is longer than ${most} bytes`));
        await said('action-set', args);
      }),
    fail: (why) => asModel(() => said('action-fail', [why])),
  };
}
