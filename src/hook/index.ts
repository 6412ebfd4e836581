/**
 * The kit: words, machines, and what drives them without I/O. It knows no charm. What of it is for
 * authors of charms stands in `src/index.ts`.
 */

export * from '../misuse/given.ts';
export * from '../misuse/hook-misuse.ts';
export * from '../misuse/nearest.ts';
export * from './conversation.ts';
export * from './drive.ts';
export * from './nodes.ts';
export * from './perform.ts';
export * from './plan.ts';
export * from './restore.ts';
export * from './run.ts';
export * from './secret.ts';
export * from './steps.ts';
export * from './vocabulary.ts';
export * from './words.ts';
