import { Argument, type Command } from 'commander';
import { hooks } from '../../machines/index.ts';
import { completionFor, type Shell, shells } from './completion-scripts.ts';
import { commandsOf } from './completion-words.ts';
import { out } from './output.ts';

/** The command `completion`. */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print what a shell needs to complete commands, options and their values')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      `
bash:  source <(hookchart completion bash), in ~/.bashrc
zsh:   source <(hookchart completion zsh), in ~/.zshrc after compinit
fish:  hookchart completion fish > ~/.config/fish/completions/hookchart.fish`,
    )
    .action((shell: Shell) => out(completionFor(shell, commandsOf(program, Object.keys(hooks)))));
}
