import type { Command } from 'commander';
import { Collector } from '../inspector/index.ts';
import { demo } from '../pgbouncer/demo/demo.ts';
import { marked } from './colour.ts';
import { checkRecording, enough, type Serving, serve, writeRecording } from './inspect.ts';
import { json, out } from './output.ts';
import { wholeNumber } from './whole-number.ts';

/** The command `demo`. */
export function addDemo(program: Command): void {
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
}

/** The demo ends by itself then, once its servers have. */
const interrupted = () => {
  process.exitCode = 130;
};
