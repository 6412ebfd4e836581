import type { Command } from 'commander';

/** What may stand after an option, or as an argument. */
export type Taken = 'nothing' | 'file' | 'anything' | readonly string[];

export interface KnownOption {
  /** As it is typed, `--format`. */
  readonly flag: string;
  readonly about: string;
  readonly takes: Taken;
}

/** What a shell is to know of a command. */
export interface KnownCommand {
  readonly name: string;
  readonly about: string;
  readonly options: readonly KnownOption[];
  readonly argument: Taken;
  /** Commands of its own, one of which comes next. */
  readonly below: readonly KnownCommand[];
}

/** All that can be typed, as the program has it. */
export const commandsOf = (program: Command, hooks: readonly string[]): readonly KnownCommand[] =>
  program.commands.map((command) => {
    const [argument] = command.registeredArguments;
    const below = commandsOf(command, hooks);
    const words = below.map(({ name }) => name);
    return {
      name: command.name(),
      about: command.description(),
      options: command.options.flatMap(({ long, description, flags, argChoices }) =>
        long ? [{ flag: long, about: description, takes: argChoices ?? takenBy(flags) }] : [],
      ),
      argument:
        argument === undefined
          ? words.length === 0
            ? 'nothing'
            : words
          : (argument.argChoices ?? named(argument.name(), hooks)),
      below,
    };
  });

function takenBy(flags: string): Taken {
  if (!/[<[]/.test(flags)) return 'nothing';
  return /<(file|dir|folder|module)\b/.test(flags) ? 'file' : 'anything';
}

function named(argument: string, hooks: readonly string[]): Taken {
  if (argument === 'hook') return hooks;
  return argument === 'file' || argument === 'folder' ? 'file' : 'anything';
}

export const isWords = (taken: Taken): taken is readonly string[] => typeof taken !== 'string';
