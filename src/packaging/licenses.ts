/** The terms of all that a charm holds. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PackingFailed } from './packing-failed.ts';
import type { Runtime } from './runtime.ts';
import { packageOf } from './source.ts';

/**
 * The terms of each package in the bundle, those of the charm itself first, and the runtime's, each with
 * its text. Only the charm's own may be missing.
 */
export function licenses(
  inputs: readonly string[],
  /** The folder of the charm's own package; null where it is in none. */
  own: string | null,
  runtime: Pick<Runtime, 'name' | 'version' | 'terms'>,
): string {
  const found = inputs.flatMap((input) => packageOf(input) ?? []);
  const packages = [...new Map(found.map((one) => [one.folder, one])).values()];
  const order = (folder: string) => (folder === own ? '' : folder);
  const texts = packages
    .sort((one, other) => (order(one.folder) < order(other.folder) ? -1 : 1))
    .flatMap(({ folder, name, version, license }) => {
      const terms = folder === own ? termsIn(folder) : requiredTerms(folder);
      return terms === null ? [] : [`${name} ${version}, ${license}\n\n${terms}\n`];
    });
  return [...texts, `${runtime.name} ${runtime.version}\n\n${runtime.terms.trim()}\n`].join(
    `\n${'-'.repeat(72)}\n\n`,
  );
}

function requiredTerms(folder: string): string {
  const terms = termsIn(folder);
  if (terms === null)
    throw new PackingFailed(
      `${folder} has no text of its terms, neither in a file nor in its README: a charm that holds it has to have them`,
    );
  return terms;
}

/** A file of its own, or for some packages the last section of their README; null without either. */
export function termsIn(folder: string): string | null {
  const files = readdirSync(folder);
  const file = files.find((name) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(name));
  if (file !== undefined) return readFileSync(join(folder, file), 'utf8').trim();
  const readme = files.find((name) => /^readme(\.md)?$/i.test(name));
  const sections =
    readme === undefined ? [] : readFileSync(join(folder, readme), 'utf8').split(/^#+ /m);
  const [, terms] = sections.map((text) => /^licen[cs]e\s*\n(.*)/is.exec(text)).find(Boolean) ?? [];
  return terms?.includes('Permission') === true ? terms.trim() : null;
}
