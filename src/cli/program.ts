import { Command, CommanderError } from 'commander';
import { Collector } from '../inspector/index.ts';
import { demo } from '../pgbouncer/demo/demo.ts';
import { Misuse } from '../testing/index.ts';
import { addChart } from './chart.ts';
import { marked, strong } from './colour.ts';
import { addCompletion } from './completion.ts';
import { addDispatch } from './dispatch.ts';
import { checkEnding, checkWritable, recordingEndings } from './files.ts';
import {
  enough,
  readRecording,
  recordingText,
  type Serving,
  sequenceText,
  serve,
  writeRecording,
} from './inspect.ts';
import { addJuju } from './juju/juju.ts';
import { type LeftoverOptions, leftovers } from './leftovers.ts';
import { addNew } from './new.ts';
import { json, out } from './output.ts';
import { addPack } from './pack.ts';
import { ownPackage } from './package.ts';
import { addPlan } from './plan.ts';
import { addSoak } from './soak.ts';
import { addVerify } from './verify.ts';
import { atLeastOne, wholeNumber } from './whole-number.ts';
import {
  exitCodeOf,
  tellFault,
  tellsWrongUse,
  tellWrongUse,
  WrongContent,
  WrongUse,
} from './wrong-use.ts';

const program = new Command('hookchart')
  .description('Runs Juju hooks as flowcharts.')
  .version(ownPackage().version)
  .configureHelp({
    styleTitle: (title) => strong(title),
    styleCommandText: (text) => strong(text),
  });

addChart(program);
addNew(program);
addPlan(program);

program
  .command('demo')
  .description('the whole story on real servers: PostgreSQL, a replica, three PgBouncers')
  .option('--inspect', 'serve the page and feed it while the story is told')
  .option('--port <n>', 'the port of the page; any that is free by default', wholeNumber, 0)
  .option('--no-open', 'do not open the page in a browser')
  .option('--record <file>', 'write what was seen: a page for .html, a recording for .json')
  .option('--json', 'print one JSON document')
  .action(async (options: Serving & { inspect?: true; record?: string; json?: true }) => {
    const tell = options.json ? () => {} : (text: string) => out(marked(text));
    // The one document on standard output stands alone; the addresses are needed all the same.
    const say = options.json ? (text: string) => process.stderr.write(text) : out;
    checkRecording(options.record);
    const hub = options.inspect ? await serve(null, options, say) : null;
    const collector = new Collector();
    try {
      try {
        process.once('SIGINT', interrupted);
        const outcome = await demo(tell, (message) => {
          collector.take(message);
          hub?.send(message);
        });
        if (options.json) json(outcome);
        if (!outcome.ok) process.exitCode = 1;
      } finally {
        process.removeListener('SIGINT', interrupted);
        if (options.record !== undefined) writeRecording(options.record, collector.recording);
      }
      if (hub === null) return;
      const seen = enough();
      say(`\nThe page stays at ${hub.page} until Ctrl-C.\n`);
      await seen;
    } finally {
      await hub?.close();
    }
  });

program
  .command('inspect')
  .description('the page that shows runs: as they come in, or from a file')
  .argument('[file]', 'a recording, or a history that a failed verification has written')
  .option(
    '--charm <module>',
    'run a history with another charm than it names: a path or a package that exports `simulated`, or #NAME',
  )
  .option(
    '--out <file>',
    'write one file that holds the page with all runs (.html), or the recording: of [file] at once, else of what came in, at the end',
  )
  .option('--text', 'print the recording in words, and serve nothing')
  .option('--run <id>', 'with --text: only the run of this id')
  .option(
    '--sequence',
    "print one relation's life as a Mermaid sequence diagram, and serve nothing",
  )
  .option('--relation <n>', 'with --sequence: this relation; the first by default', wholeNumber)
  .option('--keep <n>', 'of what comes in keep so many runs, those that failed longest', atLeastOne)
  .option('--only <word...>', 'take only runs whose unit or hook contains one of these words')
  .option('--port <n>', 'the port of the page; any that is free by default', wholeNumber, 0)
  .option('--no-open', 'do not open the page in a browser')
  .action(async (file: string | undefined, options: InspectOptions) => {
    checkRecording(options.out);
    if (file === undefined && options.charm !== undefined)
      throw new WrongUse('--charm is for a history: name the file that holds it');
    const recording = file === undefined ? null : await readRecording(file, options.charm);
    if (options.run !== undefined && !options.text) throw new WrongUse('--run is for --text');
    if (options.relation !== undefined && !options.sequence)
      throw new WrongUse('--relation is for --sequence');
    if (recording === null && options.text)
      throw new WrongUse('name the recording that is to be told in words');
    if (recording === null && options.sequence)
      throw new WrongUse('name the recording of which a relation is to be drawn');
    if (recording !== null && (options.keep !== undefined || options.only !== undefined))
      throw new WrongUse('--keep and --only are for what comes in, not for a file');
    const isAtOnce = options.text || options.sequence || options.out !== undefined;
    if (file !== undefined && recording !== null && isAtOnce) {
      if (options.text) out(recordingText(file, recording, options.run));
      if (options.sequence) out(sequenceText(file, recording, options.relation));
      if (options.out !== undefined) writeRecording(options.out, recording);
      return;
    }
    const seen = enough();
    const hub = await serve(recording, options, out);
    try {
      await seen;
    } finally {
      await hub.close();
      if (options.out !== undefined) writeRecording(options.out, hub.recording());
    }
  });

addVerify(program);
addSoak(program);
addJuju(program);

program
  .command('leftovers')
  .description('what an application that is gone has left on its PostgreSQL, by its own records')
  .argument('<uri>', 'postgresql://USER@HOST:PORT/DATABASE; the password is read from PGPASSWORD')
  .requiredOption('--owner <owner>', 'the application that is gone: MODEL-UUID/APPLICATION')
  .option('--remove', 'remove it')
  .option('--ca <file>', 'the authority by which the server is verified')
  .option('--json', 'print one JSON document')
  .action(async (uri: string, options: LeftoverOptions & { json?: true }) => {
    const users = await leftovers(uri, options, process.env.PGPASSWORD);
    if (options.json) json({ users });
    else if (users.length === 0) out('nothing is left\n');
    else for (const { user, kept } of users) out(`${user}: ${kept ?? 'removed'}\n`);
    if (options.remove && users.some(({ kept }) => kept !== null)) process.exitCode = 1;
  });

addDispatch(program);
addPack(program);
addCompletion(program);
tellsWrongUse(program);

interface InspectOptions extends Serving {
  readonly charm?: string;
  readonly out?: string;
  readonly text?: true;
  readonly run?: string;
  readonly sequence?: true;
  readonly relation?: number;
}

/** What is to be written in the end: it is wrong use BEFORE anything is done where that cannot be. */
function checkRecording(file: string | undefined): void {
  if (file === undefined) return;
  checkEnding(file, recordingEndings);
  checkWritable(file);
}

/** The demo ends by itself then, once its servers have. */
const interrupted = () => {
  process.exitCode = 130;
};

/** By its name: a charm may bring a copy of this package of its own. */
const isHookMisuse = (error: unknown) => error instanceof Error && error.name === 'HookMisuse';

/** The command that was called, as it is typed. */
let called = 'hookchart';
program.hook('preAction', (_, command) => {
  const above =
    command.parent === program || command.parent === null ? '' : `${command.parent.name()} `;
  called = `hookchart ${above}${command.name()}`;
});

try {
  await program.parseAsync();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof CommanderError) process.exitCode = exitCodeOf(error);
  else if (error instanceof WrongContent && error.meant === null && error.instead === null) {
    tellFault(message);
    process.exitCode = 2;
  } else if (error instanceof WrongUse || error instanceof Misuse || isHookMisuse(error)) {
    const known = error instanceof WrongUse ? error : { meant: null, instead: null };
    tellWrongUse(message, known, called);
    process.exitCode = 2;
  } else {
    tellFault(message);
    // What Ctrl-C has ended is no failure of its own.
    process.exitCode ??= 1;
  }
}
