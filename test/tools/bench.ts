/**
 * Measures what the README claims. Figures of one run belong together: quote the ratios, for
 * machines differ and are noisy. `--json` prints those that have a target; `userlist` measures PgBouncer's
 * userlist instead, `hooks` the hooks of charms in any language.
 */
import { figuresOf } from './bench-figures.ts';
import { hooksOfAnyCharm } from './bench-hooks.ts';
import { benches } from './benches.ts';

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
// It measures while it is loaded, and takes minutes.
if (process.argv[2] === 'userlist') await import('./bench-userlist.ts');
else if (process.argv[2] === 'hooks')
  await hooksOfAnyCharm((line) => process.stdout.write(`${line}\n`), 40);
else if (process.argv[2] === '--json') {
  const tell = (line: string) => void process.stderr.write(`${line}\n`);
  const sizes = { others: 10_000, moved: 1_000, passing: 100, rounds: 9 };
  const figures = await figuresOf(tell, sizes);
  process.stdout.write(`${JSON.stringify({ figures }, null, 2)}\n`);
} else
  await benches((line) => process.stdout.write(`${line}\n`), {
    rounds: 9,
    crowds: [0, 100, 1_000, 10_000],
    blocks: 12,
    ofPostgres: 20,
  });
