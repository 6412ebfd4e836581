/** Scripts by which shells complete what is typed; each has all words in it, and asks nobody. */
import { isWords, type KnownCommand, type KnownOption, type Taken } from './completion-words.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The script for a shell. */
export function completionFor(shell: Shell, commands: readonly KnownCommand[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return zsh(commands);
    case 'fish':
      return fish(commands);
  }
}

const wordsOf = (taken: Taken): string => (isWords(taken) ? taken.join(' ') : '');

/** Each command, and each below another one by both their names. */
const flat = (commands: readonly KnownCommand[]): readonly KnownCommand[] =>
  commands.flatMap(({ below, ...command }) => [
    { ...command, below },
    ...flat(below).map((one) => ({ ...one, name: `${command.name} ${one.name}` })),
  ]);

function bash(commands: readonly KnownCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const groups = commands.filter(({ below }) => below.length > 0).map(({ name }) => name);
  const all = flat(commands);
  const values = all.flatMap(({ name, options }) =>
    options
      .filter(({ takes }) => takes !== 'nothing')
      .map(({ flag, takes }) => `    '${name} ${flag}') ${answer(takes)} ;;`),
  );
  const rest = all.map(({ name, options, argument }) => {
    const flags = options.map(({ flag }) => flag).join(' ');
    // Only what begins with a hyphen can be an option: a file is completed by Bash itself.
    return `    '${name}') if [[ $word == -* ]]; then words='${flags} --help'; else ${answer(argument)}; fi ;;`;
  });
  return `# bash: source <(hookchart completion bash)
_hookchart() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  local words='' files=''
  COMPREPLY=()
  # Bash takes --format=json for three words.
  if [[ $before == '=' ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}
  elif [[ $word == '=' ]]; then word=''; fi
  case $command in ${groups.join('|')}) ((COMP_CWORD < 3)) || command="$command \${COMP_WORDS[2]}" ;; esac
  if ((COMP_CWORD == 1)); then words='${names} --help --version'
  else case "$command $before" in
${values.join('\n')}
    *) case $command in
${rest.join('\n')}
    esac ;;
  esac; fi
  if [[ $files ]]; then compopt -o filenames 2>/dev/null || true; COMPREPLY=($(compgen -f -- "$word" || true))
  else COMPREPLY=($(compgen -W "$words" -- "$word" || true)); fi
}
complete -F _hookchart hookchart
`;
}

const answer = (takes: Taken): string =>
  takes === 'file' ? 'files=yes' : `words='${wordsOf(takes)}'`;

/** As it stands within single quotes. */
const quoted = (text: string): string => text.replaceAll("'", "'\\''");

function zsh(commands: readonly KnownCommand[]): string {
  const about = (text: string) => quoted(text.replace(/[[\]:\\]/g, '\\$&'));
  const after = (takes: Taken): string => {
    if (takes === 'file') return '_files';
    return isWords(takes) ? `(${wordsOf(takes)})` : ' ';
  };
  const option = ({ flag, about: text, takes }: KnownOption) =>
    takes === 'nothing'
      ? `'${flag}[${about(text)}]'`
      : `'${flag}=[${about(text)}]:value:${after(takes)}'`;
  const caseOf = ({ name, options, argument, below }: KnownCommand): string => {
    const all = options.map(option);
    if (argument !== 'nothing') all.push(`'1:argument:${after(argument)}'`);
    const own = [...all, "'--help[display help]'"].join(' \\\n      ');
    if (below.length === 0) return `    ${name}) _arguments ${own} ;;`;
    return `    ${name}) _arguments -C ${own} '*::argument:->below'
    case $state in below) case $words[1] in
${below.map(caseOf).join('\n')}
    esac ;; esac ;;`;
  };
  const cases = commands.map(caseOf);
  return `#compdef hookchart
# zsh: source <(hookchart completion zsh), after compinit; or as _hookchart in a folder of fpath
_hookchart() {
  local context state line
  local -a commands
  commands=(
${commands.map(({ name, about: text }) => `    '${name}:${about(text)}'`).join('\n')}
  )
  _arguments -C '(- 1 *)--help[display help]' '(- 1 *)--version[display the version]' \\
    '1:command:->command' '*::argument:->argument'
  case $state in
  command) _describe command commands ;;
  argument) case $words[1] in
${cases.join('\n')}
    esac ;;
  esac
}
if [[ $funcstack[1] == _hookchart ]]; then _hookchart "$@"; else compdef _hookchart hookchart; fi
`;
}

function fish(commands: readonly KnownCommand[]): string {
  const about = (text: string) => text.replace(/['\\]/g, '\\$&');
  const after = (takes: Taken): string => {
    if (takes === 'nothing') return '';
    if (takes === 'file') return ' -r -F';
    return isWords(takes) ? ` -x -a '${wordsOf(takes)}'` : ' -x';
  };
  const seen = (names: readonly string[]) => `__fish_seen_subcommand_from ${names.join(' ')}`;
  const linesOf = (
    { name, about: text, options, argument, below }: KnownCommand,
    first: string,
    before: string,
  ): readonly string[] => {
    const here = `${before}${seen([name])}`;
    const within = `complete -c hookchart -n '${here}'`;
    const names = below.map((one) => one.name);
    return [
      `complete -c hookchart -n ${first} -a ${name} -d '${about(text)}'`,
      ...options.map(
        ({ flag, about: of, takes }) =>
          `${within} -l ${flag.slice(2)}${after(takes)} -d '${about(of)}'`,
      ),
      ...(argument === 'file' ? [`${within} -F`] : []),
      ...(isWords(argument) && below.length === 0 ? [`${within} -a '${wordsOf(argument)}'`] : []),
      ...below.flatMap((one) => linesOf(one, `'${here}; and not ${seen(names)}'`, `${here}; and `)),
    ];
  };
  const lines = commands.flatMap((command) => linesOf(command, '__fish_use_subcommand', ''));
  return `# fish: hookchart completion fish > ~/.config/fish/completions/hookchart.fish
complete -c hookchart -f
complete -c hookchart -l help -d 'display help'
complete -c hookchart -n __fish_use_subcommand -l version -d 'display the version'
${lines.join('\n')}
`;
}
