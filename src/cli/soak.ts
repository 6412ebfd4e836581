import { tell } from '../testing/actions.ts';
import { soak } from '../testing/soak.ts';

/** Random histories; the one that violates something is told, with the seed that has it again. */
export async function soakHooks(
  wanted: { readonly hooks: number; readonly seed: number },
  out: (text: string) => void,
) {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 100) / 10;
  let told = 0;
  const { failure, ...counts } = await soak(wanted, ({ histories, hooks }) => {
    if (performance.now() - told < 5000) return;
    told = performance.now();
    out(`${seconds()} s: ${histories} histories, ${hooks} hooks\n`);
  });
  const summary = `${counts.histories} histories, ${counts.steps} steps, ${counts.hooks} hooks of the provider`;
  out(`${seconds()} s: ${summary}\n`);
  if (failure === null) {
    out('No violation.\n');
    return { ...counts, seconds: seconds(), failure };
  }
  const { seed, violated } = failure;
  const story = violated.history.map(tell);
  out(
    `${violated.message}\n\nIt is the history of seed ${seed}: hookchart soak --seed ${seed} --hooks 1\n`,
  );
  return {
    ...counts,
    seconds: seconds(),
    failure: { seed, violations: violated.violations, story },
  };
}
