/** By whom clients verify the units that they are sent to. */
import { fingerprint } from '../../juju/hook-tools/fingerprint.ts';

const end = '-----END CERTIFICATE-----\n';

/** Certificates that stand one after the other in a text, as each unit says them and clients read them. */
export const authoritiesIn = (text: string): readonly string[] =>
  text.split(end).flatMap((block) => (block.trim() === '' ? [] : [`${block}${end}`]));

/** Those of several units in one text, each once, in an order that is always the same. */
export const together = (texts: readonly string[]): string =>
  [...new Set(texts.flatMap(authoritiesIn))].sort().join('');

/** By what a record knows such a text: it stands on record once for each relation. */
export const markOf = (text: string): string => authoritiesIn(text).map(fingerprint).sort().join();

/** Whether clients that were told of these can verify a unit that says these are its own. */
export const covers = (mark: string, text: string): boolean => {
  const known = new Set(mark.split(','));
  return markOf(text)
    .split(',')
    .every((one) => known.has(one));
};
