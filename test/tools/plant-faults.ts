/**
 * Plants each fault in a copy of the build and looks whether `hookchart verify` or random histories
 * find it. Prints the table of the docs; a fault that nothing finds fails.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { faults, type PlantedFault } from './faults.ts';

const { compilerOptions } = ts.readConfigFile('tsconfig.json', ts.sys.readFile).config;
const { options } = ts.convertCompilerOptionsFromJson(
  { ...compilerOptions, module: 'esnext', moduleResolution: 'bundler' },
  '.',
);

/** The file with the fault in it, as JavaScript. */
function planted({ file, edits }: Pick<PlantedFault, 'file' | 'edits'>, name: string): string {
  let source = readFileSync(file, 'utf8');
  for (const [find, replace] of edits) {
    if (source.split(find).length !== 2) throw new Error(`${name}: ${find} is not once in ${file}`);
    source = source.replace(find, () => replace);
  }
  return ts.transpileModule(source, { compilerOptions: options, fileName: file }).outputText;
}

interface Finding {
  readonly by: string;
  readonly seconds: number;
  readonly violated: string;
  readonly history: readonly string[];
}

function sought(fault: PlantedFault, root: string): Finding | null {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 100) / 10;
  const run = (...argv: string[]) =>
    spawnSync(process.execPath, [join(root, 'dist/src/cli/main.js'), ...argv, '--json'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
  const argv =
    fault.verify === null ? ['soak', '--hooks', '150000'] : ['verify', ...fault.verify.split(' ')];
  const charm = fault.charm === undefined ? [] : ['--charm', fault.charm];
  const { stdout, stderr, status } = run(...argv, ...charm);
  if (status === 0) return null;
  if (status !== 1 || stdout === '') {
    process.stderr.write(`${fault.name}: ${stderr}\n`);
    return null;
  }
  const found = JSON.parse(stdout);
  const { violations, story } = found.counterexample ?? found.failure;
  return {
    by: fault.verify === null ? 'soak' : 'verify',
    seconds: seconds(),
    violated: [...new Set(violations.map((one: { invariant: string }) => one.invariant))].join(
      ', ',
    ),
    history: story,
  };
}

/** The turns of a story: what operators did and what went wrong, and the hook in which it showed. */
function turns(story: readonly string[]): string {
  const acts = story.filter((line) => !/^( {2}|—|at rest|\w+ claims: )/.test(line));
  const told = acts.filter((line) => !/ runs /.test(line) || /, (and|while) /.test(line));
  const last = story
    .filter((line) => / runs /.test(line))
    .at(-1)
    ?.trim();
  const short = told.length > 6 ? [`${told.length - 3} turns before`, ...told.slice(-3)] : told;
  return [...short, ...(last === undefined || short.includes(last) ? [] : [last])]
    .map((line) => line.split(' — ')[0] ?? line)
    .join('; ');
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const only = process.argv[2];
const chosen = faults.filter(({ name }) => only === undefined || name.includes(only));
const root = mkdtempSync(join(tmpdir(), 'hookchart-faults-'));
let missed = 0;
try {
  for (const part of ['src', 'machines'])
    cpSync(join('dist', part), join(root, 'dist', part), { recursive: true });
  cpSync('package.json', join(root, 'package.json'));
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
  print('| fault | found by | in s | violates | history |\n|---|---|---|---|---|');
  for (const fault of chosen) {
    const places = [fault, ...(fault.also === undefined ? [] : [fault.also])];
    const targets = places.map(({ file }) => join(root, 'dist', file.replace(/\.ts$/, '.js')));
    const whole = targets.map((target) => readFileSync(target, 'utf8'));
    for (const [index, place] of places.entries())
      writeFileSync(targets[index] ?? '', planted(place, fault.name));
    const found = sought(fault, root);
    for (const [index, target] of targets.entries()) writeFileSync(target, whole[index] ?? '');
    if (found === null) {
      missed += 1;
      print(`| ${fault.name} | **nothing** | | | |`);
    } else {
      const { by, seconds, violated, history } = found;
      print(`| ${fault.name} | ${by} | ${seconds} | ${violated} | ${turns(history)} |`);
    }
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
print(`\n${chosen.length - missed} found, ${missed} not found`);
if (missed > 0) process.exitCode = 1;
