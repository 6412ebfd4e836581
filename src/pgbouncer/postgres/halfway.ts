import type { Row } from '../wire/index.ts';
import type { Connections } from './connections.ts';
import { dropDatabase } from './statements/grant.ts';

/**
 * Drops, of databases in which somebody has something, those whose drop was interrupted: what is in
 * them depends on its owner as long as they are there. What is not of this deployment stays.
 */
export async function dropHalves(
  connections: Connections,
  databases: readonly Row[],
): Promise<ReadonlySet<unknown>> {
  const halves = databases.filter(({ isHalf, isOurs }) => isHalf === true && isOurs === true);
  for (const { name } of halves)
    await connections.send('drop what was dropped halfway', [dropDatabase(String(name))]);
  return new Set(halves.map(({ name }) => name));
}
