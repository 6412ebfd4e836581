import { readFileSync } from 'node:fs';

interface Package {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** This package, as its `package.json` has it. */
export function ownPackage(): Package {
  const file = new URL('../../../package.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}
