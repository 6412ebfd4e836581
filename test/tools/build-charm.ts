/** `npm run charm`: both charms, ready for `charmcraft pack`. */
import { buildCharm } from './charm.ts';

for (const [substrate, folder] of [
  ['kubernetes', 'dist/charm'],
  ['machine', 'dist/charm-machine'],
] as const) {
  const bytes = await buildCharm(folder, { substrate, runtime: 'copy' });
  process.stdout.write(`${folder}: for ${substrate}, bundle of ${Math.round(bytes / 1024)} KB\n`);
}
