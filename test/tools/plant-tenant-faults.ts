/**
 * Breaks each rule that keeps tenants apart in a copy of the sources, and looks whether its attack
 * gets through or its test fails. A rule whose breach nothing finds fails.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { type BrokenRule, brokenRules } from './tenant-faults.ts';

const only = process.argv[2];
const print = (line: string) => process.stdout.write(`${line}\n`);
const root = mkdtempSync(join(tmpdir(), 'hookchart-rules-'));

const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
// A file by itself does not say that it is a module.
const asBuilt = { ...config.compilerOptions, module: 'esnext' };
const { options } = ts.convertCompilerOptionsFromJson(asBuilt, '.');

/** Tests run the sources, and attacks what was built of them. */
function put(file: string, source: string): void {
  writeFileSync(join(root, file), source);
  const { outputText } = ts.transpileModule(source, { compilerOptions: options });
  writeFileSync(join(root, 'dist', file.replace(/ts$/, 'js')), outputText);
}

/** Null where it was found; else why that is not said. */
function missed({ file, edits, foundBy }: BrokenRule): string | null {
  const target = join(root, file);
  const whole = readFileSync(target, 'utf8');
  let broken = whole;
  for (const [find, replace] of edits) {
    if (broken.split(find).length !== 2) return `"${find}" is not once in ${file}`;
    broken = broken.replace(find, () => replace);
  }
  put(file, broken);
  const command =
    'attack' in foundBy
      ? ['dist/test/tools/attack.js', '--lanes', '1', '--units', '1', '--only', foundBy.attack]
      : ['node_modules/vitest/vitest.mjs', 'run', foundBy.test, '-t', foundBy.name];
  const { status, stdout } = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    // In colours its words stand apart.
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
  });
  put(file, whole);
  // A run that breaks off is no find; a world that is not clean without any attack is one.
  const isFound =
    'attack' in foundBy
      ? new RegExp(`^ESCAPED +(?:\\(|${foundBy.attack}\\b)`, 'm')
      : /Tests +[1-9]\d* failed/;
  return status === 0 || !isFound.test(stdout) ? 'nothing found it' : null;
}

let misses = 0;
try {
  const parts = ['dist', 'src', 'machines', 'test', 'package.json', 'tsconfig.json'];
  for (const part of [...parts, 'vitest.config.ts', 'docs'])
    cpSync(part, join(root, part), { recursive: true });
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
  print('| rule, broken | found by |\n|---|---|');
  for (const broken of brokenRules.filter(
    ({ rule }) => only === undefined || rule.includes(only),
  )) {
    const why = missed(broken);
    if (why !== null) misses += 1;
    const by = 'attack' in broken.foundBy ? broken.foundBy.attack : broken.foundBy.test;
    print(`| ${broken.rule} | ${why === null ? `\`${by}\`` : `**${why}**`} |`);
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
if (misses > 0) process.exitCode = 1;
