/** What a decision costs, beside a switch that was written by hand and an actor of XState. */
import { createActor } from 'xstate';
import { type Answer, databaseRequested } from '../../machines/index.ts';
import { advance, begin } from '../../src/hook/index.ts';
import { median, number, type Tell } from './bench-measure.ts';

export function decisions(out: Tell, rounds: number): void {
  out('Decisions: database-requested on recorded answers, hooks per second');
  const answers: readonly Answer[] = [
    { label: 'yes' },
    { label: 'yes' },
    { label: 'done' },
    { label: 'done' },
    { label: 'done' },
    { label: 'done' },
    { label: 'done' },
  ];
  const perSecond = perSecondIn(rounds);
  const table = perSecond(() => {
    let [state] = begin(databaseRequested, { relation: 4 });
    for (const answer of answers) [state] = advance(databaseRequested, state, answer);
    if (state.node !== 'rtn2') throw new Error(state.node);
  }, 20_000);
  const written = perSecond(() => {
    let node = 'is_backend_ready';
    for (const answer of answers) node = byHand(node, answer.label);
    if (node !== 'rtn2') throw new Error(node);
  }, 200_000);
  const live = perSecond(() => {
    const actor = createActor(databaseRequested).start();
    actor.send({ type: 'start', event: { relation: 4 } });
    for (const { label } of answers) actor.send({ type: label });
    if (actor.getSnapshot().value !== 'rtn2') throw new Error('elsewhere');
    actor.stop();
  }, 1_000);
  out(`  begin/advance       ${number(table)}`);
  out(
    `  hand-written switch ${number(written)}   ${(written / table).toFixed(1)} times begin/advance`,
  );
  out(
    `  live XState actor   ${number(live)}   begin/advance is ${(table / live).toFixed(0)} times as fast`,
  );
}

function byHand(node: string, answer: string): string {
  switch (node) {
    case 'is_backend_ready':
      return answer === 'yes' ? 'is_leader' : 'defer';
    case 'is_leader':
      return answer === 'yes' ? 'get_user' : 'rtn';
    case 'get_user':
      return 'create_user_and_db';
    case 'create_user_and_db':
      return 'add_user';
    case 'add_user':
      return 'update_pg';
    case 'update_pg':
      return 'update_databag';
    default:
      return 'rtn2';
  }
}

/** Runs per second: the median of some rounds, each long enough for the clock. */
const perSecondIn =
  (rounds: number) =>
  (body: () => void, count: number): number => {
    for (let warm = 0; warm < count; warm++) body();
    const rates = Array.from({ length: rounds }, () => {
      const started = performance.now();
      for (let done = 0; done < count; done++) body();
      return (count / (performance.now() - started)) * 1000;
    });
    return median(rates);
  };
