/** The terms of all that a charm holds. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ShippedNode } from './charm-node.ts';

/** The project's terms, those of each package in the bundle, and Node's, each with its text. */
export function licenses(inputs: readonly string[], node: ShippedNode): string {
  const packages = new Set(
    inputs.flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
  );
  const texts = ['.', ...[...packages].sort()].map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    return `${name} ${version}, ${license}\n\n${termsIn(folder)}\n`;
  });
  return [...texts, `Node ${node.version}\n\n${node.terms.trim()}\n`].join(
    `\n${'-'.repeat(72)}\n\n`,
  );
}

/** A file of its own, or for some packages the last section of their README. */
export function termsIn(folder: string): string {
  const files = readdirSync(folder);
  const file = files.find((name) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(name));
  if (file !== undefined) return readFileSync(join(folder, file), 'utf8').trim();
  const readme = files.find((name) => /^readme(\.md)?$/i.test(name));
  const sections =
    readme === undefined ? [] : readFileSync(join(folder, readme), 'utf8').split(/^#+ /m);
  const [, terms] = sections.map((text) => /^licen[cs]e\s*\n(.*)/is.exec(text)).find(Boolean) ?? [];
  if (terms?.includes('Permission') !== true)
    throw new Error(`${folder} has no text of its terms, neither in a file nor in its README`);
  return terms.trim();
}
