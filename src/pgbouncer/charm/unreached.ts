import { halt } from '../commands/steps.ts';
import { FileProblem, WorkloadProblem } from '../workload/index.ts';

/** What went wrong with the files or the process of this unit's PgBouncer, in the charm's words. */
export function unreached(problem: unknown, where: string): never {
  if (problem instanceof FileProblem) {
    const { path, code } = problem;
    return halt({ _tag: 'FileFailed', class: 'broken', path, code });
  }
  if (!(problem instanceof WorkloadProblem)) throw problem;
  const { message: why, turn } = problem;
  const _tag = turn === 'operator' ? 'PoolerUnusable' : 'PoolerUnavailable';
  return halt({ _tag, class: 'unavailable', where, why });
}
