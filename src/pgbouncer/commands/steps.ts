/** The kit's steps, with PgBouncer's own errors. */
import * as kit from '../../hook/index.ts';
import type { HookError } from '../errors.ts';
import type { Attempt } from '../ports.ts';

export const attempt: <Result>(steps: () => Promise<Result>) => Attempt<Result> = kit.attempt;
export const halt: (error: HookError) => never = kit.halt;
export const { once, right, take } = kit;
