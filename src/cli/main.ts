#!/usr/bin/env node
/** Juju calls `dispatch` for every hook: what the other commands need is not loaded for it. */
if (process.argv[2] === 'dispatch' && process.argv.length === 3)
  await import('../pgbouncer/charm/entry.ts');
else await import('./program.ts');
