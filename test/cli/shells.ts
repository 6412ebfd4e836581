/** What shells offer, asked of the shells themselves. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Shells, and for Zsh whether the script is read when it starts or found in its path of functions. */
export const ways = ['bash', 'zsh', 'zsh, by its fpath', 'fish'] as const;
type Way = (typeof ways)[number];

export const programOf = (way: Way) => (way === 'zsh, by its fpath' ? 'zsh' : way);

/** Whether a shell is on this machine. */
export const isThere = (way: Way): boolean =>
  spawnSync(programOf(way), ['--version'], { stdio: 'ignore' }).status === 0;

/** What a shell that has a script for completion offers after each of some lines, in a folder. */
export function offeredBy(
  way: Way,
  script: string,
  lines: readonly string[],
  folder: string,
): readonly (readonly string[])[] {
  const text = asking[way](script, lines, folder);
  const offered = text.split('\n').map((one) => one.split(',').filter(Boolean));
  return lines.map((_, index) => (offered[index] ?? []).toSorted());
}

const run = (program: string, args: readonly string[], cwd: string, env: object = {}): string =>
  execFileSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 30_000,
    // The script for Bash is read as by somebody who has all such errors told.
    stdio: ['ignore', 'pipe', 'inherit'],
  });

const asking: Readonly<
  Record<Way, (script: string, lines: readonly string[], folder: string) => string>
> = {
  bash,
  zsh: zsh('source <(cat functions/_hookchart)', ''),
  'zsh, by its fpath': zsh('', 'functions'),
  fish,
};

/** Bash is given the words of a line, split as its line editor splits them. */
function bash(script: string, lines: readonly string[], folder: string): string {
  const asked = lines.map((line) => {
    const words = line.split(/ +|(?==)|(?<==)/);
    return `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length - 1}
_hookchart
(IFS=,; printf '%s\\n' "\${COMPREPLY[*]}")`;
  });
  return run('bash', ['-eu', '-c', [script, ...asked].join('\n')], folder);
}

/** Fish finds the script where the command says that it is to be put. */
function fish(script: string, lines: readonly string[], folder: string): string {
  const home = join(folder, 'home');
  mkdirSync(join(home, 'fish', 'completions'), { recursive: true });
  writeFileSync(join(home, 'fish', 'completions', 'hookchart.fish'), script);
  // Fish completes what it knows as a command alone.
  const asked = ['function hookchart; end'].concat(
    lines.map((line) => `echo (complete -C '${line}' | string split -f1 \\t | string join ,)`),
  );
  return run('fish', ['-c', asked.join('\n')], folder, { XDG_CONFIG_HOME: home });
}

/** Zsh completes at a terminal: one of its own, in which a shell is typed to. */
function zsh(sourced: string, path: string) {
  return (script: string, lines: readonly string[], folder: string): string => {
    mkdirSync(join(folder, 'functions'), { recursive: true });
    writeFileSync(join(folder, 'functions', '_hookchart'), script);
    writeFileSync(join(folder, 'typed'), lines.join('\n'));
    writeFileSync(join(folder, 'typed-to.zsh'), typedTo(sourced, path));
    return run('zsh', ['-f', '-c', typing], folder);
  };
}

const typing = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'source ./typed-to.zsh'
zpty -r shell answer '*ready!*' || exit 1
for line in "\${(@f)$(<typed)}"; do
  zpty -w -n shell $'\\C-u'$line$'\\t'
  zpty -r shell answer '*offered<*>end*' || exit 1
  answer=\${answer##*offered<}
  print -r -- \${answer%%>end*}
done
zpty -d shell`;

/** It tells what is added to what can be chosen, as the completion adds it. */
const typedTo = (sourced: string, path: string) => `
PROMPT=
fpath=(${path && '$PWD/functions'} $fpath)
autoload -U compinit
compinit -u -D
${sourced}
typeset -aU offered
compadd() {
  local -a hits
  if [[ \${@[1,(i)(-|--)]} != *-(O|A|D)\\ * ]]; then
    builtin compadd -A hits "$@"
    offered+=($hits)
  fi
  builtin compadd "$@"
}
tell() {
  offered=()
  _main_complete
  print -rn -- "offered<\${(j:,:)offered}>end"
}
zle -C complete-and-tell complete-word tell
bindkey '^I' complete-and-tell
bindkey '^U' kill-whole-line
print ready\\!
`;
