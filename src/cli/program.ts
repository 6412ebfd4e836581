import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { Collector } from '../inspector/index.ts';
import { demo } from '../pgbouncer/demo/demo.ts';
import { HookMisuse, type PlanAnswer, plan } from '../pgbouncer/engine.ts';
import { Misuse } from '../testing/index.ts';
import { chartAs, chartText, checkFiles, type Format, formats, machineOf } from './chart.ts';
import { addDispatch } from './dispatch.ts';
import {
  checkWritable,
  enough,
  readRecording,
  recordingText,
  type Serving,
  serve,
  writeRecording,
} from './inspect.ts';
import { type LeftoverOptions, leftovers } from './leftovers.ts';
import { json, out } from './output.ts';
import { addPack } from './pack.ts';
import { addSoak } from './soak.ts';
import { addVerify } from './verify.ts';
import { wholeNumber } from './whole-number.ts';
import { WrongUse } from './wrong-use.ts';

const program = new Command('hookchart')
  .description('Runs Juju hooks as flowcharts.')
  .version(packageVersion())
  .exitOverride()
  .showHelpAfterError();

program
  .command('chart')
  .description('print the chart of a machine, or compare charts in files with the machines')
  .argument('[hook]', 'the hook; all of them where none is named')
  .addOption(new Option('--format <format>', 'how to print the chart of one hook').choices(formats))
  .option('--check <file...>', 'compare every chart in these Markdown or .mmd files')
  .option('--json', 'print one JSON document')
  .action((hook: string | undefined, options: ChartOptions) => {
    const { format } = options;
    if (format !== undefined && options.check !== undefined)
      throw new WrongUse('print a chart in a format, or check files, not both');
    if (options.check === undefined) {
      if (format !== undefined && hook === undefined)
        throw new WrongUse(`name the hook whose chart is to be printed as ${format}`);
      const text =
        format === undefined || hook === undefined ? chartText(hook) : chartAs(format, hook);
      if (options.json) json({ chart: text });
      else out(text);
      return;
    }
    if (hook !== undefined) throw new WrongUse('name a hook, or files to check, not both');
    const charts = checkFiles(options.check);
    const ok = charts.every(({ differences }) => differences.length === 0);
    if (options.json) json({ ok, charts });
    else
      for (const { file, line, hook, differences } of charts) {
        const title = `${file}:${line} ${hook ?? 'chart'}`;
        out(differences.length === 0 ? `${title}: agrees\n` : '');
        for (const difference of differences) out(`${title}: ${difference}\n`);
      }
    if (!ok) process.exitCode = 1;
  });

program
  .command('plan')
  .description('print path, commands and end for given answers as JSON; nothing is carried out')
  .argument('<hook>', 'the hook')
  .requiredOption(
    '--answers <json>',
    'the answers by node, e.g. {"is_backend_ready":"yes"}',
    answers,
  )
  .option('--relation <id>', 'the relation that the hook is about', wholeNumber, 0)
  .action((hook: string, options: { answers: Record<string, PlanAnswer>; relation: number }) => {
    json(plan(machineOf(hook), { relation: options.relation }, options.answers));
  });

program
  .command('demo')
  .description('the whole story on real servers: PostgreSQL, a replica, three PgBouncers')
  .option('--inspect', 'serve the page and feed it while the story is told')
  .option('--port <n>', 'the port of the page; any that is free by default', wholeNumber, 0)
  .option('--no-open', 'do not open the page in a browser')
  .option('--record <file>', 'write what was seen: a page for .html, a recording for .json')
  .option('--json', 'print one JSON document')
  .action(async (options: Serving & { inspect?: true; record?: string; json?: true }) => {
    const tell = options.json ? () => {} : out;
    // The one document on standard output stands alone; the addresses are needed all the same.
    const say = options.json ? (text: string) => process.stderr.write(text) : out;
    checkWritable(options.record);
    const hub = options.inspect ? await serve(null, options, say) : null;
    const collector = new Collector();
    try {
      try {
        const outcome = await demo(tell, (message) => {
          collector.take(message);
          hub?.send(message);
        });
        if (options.json) json(outcome);
        if (!outcome.ok) process.exitCode = 1;
      } finally {
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
    '--out <file>',
    'write one file that holds the page with all runs (.html), or the recording: of [file] at once, else of what came in, at the end',
  )
  .option('--text', 'print the recording in words, and serve nothing')
  .option('--run <id>', 'with --text: only the run of this id')
  .option('--port <n>', 'the port of the page; any that is free by default', wholeNumber, 0)
  .option('--no-open', 'do not open the page in a browser')
  .action(async (file: string | undefined, options: InspectOptions) => {
    const recording = file === undefined ? null : await readRecording(file);
    if (options.run !== undefined && !options.text) throw new WrongUse('--run is for --text');
    if (recording === null && options.text)
      throw new WrongUse('name the recording that is to be told in words');
    if (recording !== null && (options.text || options.out !== undefined)) {
      if (options.text) out(recordingText(recording, options.run));
      if (options.out !== undefined) writeRecording(options.out, recording);
      return;
    }
    checkWritable(options.out);
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

interface ChartOptions {
  readonly format?: Format;
  readonly check?: string[];
  readonly json?: true;
}

interface InspectOptions extends Serving {
  readonly out?: string;
  readonly text?: true;
  readonly run?: string;
}

function packageVersion(): string {
  const file = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function answers(text: string): Record<string, PlanAnswer> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It is not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidArgumentError('It is to be an object: node ids and their labels.');
  return value as Record<string, PlanAnswer>;
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    const isUse = [WrongUse, HookMisuse, Misuse].some((kind) => error instanceof kind);
    process.stderr.write(`hookchart: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = isUse ? 2 : 1;
  }
}
