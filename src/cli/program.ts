import { Command, CommanderError } from 'commander';
import { strong } from './colour.ts';
import { ownPackage } from './package.ts';
import {
  exitCodeOf,
  tellFault,
  tellsWrongUse,
  tellWrongUse,
  WrongContent,
  WrongUse,
} from './wrong-use.ts';

type Add = (program: Command) => void;

/** All commands, in the order of the help; each brings what it needs. */
const commands: Readonly<Record<string, () => Promise<Add>>> = {
  chart: async () => (await import('./chart.ts')).addChart,
  new: async () => (await import('./new.ts')).addNew,
  plan: async () => (await import('./plan.ts')).addPlan,
  demo: async () => (await import('./demo.ts')).addDemo,
  inspect: async () => (await import('./inspect.ts')).addInspect,
  verify: async () => (await import('./verify.ts')).addVerify,
  soak: async () => (await import('./soak.ts')).addSoak,
  juju: async () => (await import('./juju/juju.ts')).addJuju,
  leftovers: async () => (await import('./leftovers.ts')).addLeftovers,
  dispatch: async () => (await import('./dispatch.ts')).addDispatch,
  pack: async () => (await import('./pack.ts')).addPack,
  completion: async () => (await import('./completion.ts')).addCompletion,
};

const program = new Command('hookchart')
  .description('Runs Juju hooks as flowcharts.')
  .version(ownPackage().version)
  .configureHelp({
    styleTitle: (title) => strong(title),
    styleCommandText: (text) => strong(text),
  });

for (const name of needed(process.argv[2])) (await commands[name]?.())?.(program);
tellsWrongUse(program);

/** The command that is called: loading all takes three times as long, and tells of no more than that one. */
function needed(word: string | undefined): readonly string[] {
  const isOne = word !== undefined && Object.hasOwn(commands, word) && word !== 'completion';
  return isOne ? [word] : Object.keys(commands);
}

/** By its name: a charm may bring a copy of this package of its own. */
const isMisuse = (error: unknown) =>
  error instanceof Error && ['HookMisuse', 'Misuse'].includes(error.name);

/** The command that was called, as it is typed. */
let called = 'hookchart';
program.hook('preAction', (_, command) => {
  const above =
    command.parent === program || command.parent === null ? '' : `${command.parent.name()} `;
  called = `hookchart ${above}${command.name()}`;
});

/** Node would end without a word where all that is left is a promise that nobody keeps. */
const waitsInVain = () => {
  tellFault(
    `${called} waits for what never comes: a handler, a port or a script gave a promise that is never settled`,
  );
  process.exitCode = 1;
};

try {
  process.once('beforeExit', waitsInVain);
  await program.parseAsync();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof CommanderError) process.exitCode = exitCodeOf(error);
  else if (error instanceof WrongContent && error.meant === null && error.instead === null) {
    tellFault(message);
    process.exitCode = 2;
  } else if (error instanceof WrongUse || isMisuse(error)) {
    const known = error instanceof WrongUse ? error : { meant: null, instead: null };
    tellWrongUse(message, known, called);
    process.exitCode = 2;
  } else {
    tellFault(message);
    // What Ctrl-C has ended is no failure of its own.
    process.exitCode ??= 1;
  }
} finally {
  process.removeListener('beforeExit', waitsInVain);
}
