/** The charm's own exporter: a process that answers `GET /metrics` by asking PgBouncer's consoles. */
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { Console } from '../pooler/console.ts';
import { ownListening } from '../pooler/files.ts';
import { entriesIn, portIn } from '../pooler/pgbouncer-files.ts';
import {
  exposition,
  type Sample,
  samplesOf,
  samplesOfHooks,
  tables,
  toldApart,
  upOf,
} from './exposition.ts';
import { figuresIn, parseFigures } from './figures.ts';
import { admin } from './pooler.ts';
import { mostProcesses } from './processes.ts';

/** What it is told in the file by which it is started. */
const exporterSettings = v.object({
  port: v.number(),
  /** Where it notes which process it is; null under a supervisor. */
  pidFile: v.nullable(v.string()),
});

export type ExporterSettings = v.InferOutput<typeof exporterSettings>;

/** Milliseconds that one scrape may take. */
const patience = 5_000;

/** Answers until it is ended. The files that it reads are those beside its own. */
export async function exporter(file: string): Promise<void> {
  const folder = dirname(file);
  const { port, pidFile } = v.parse(
    v.pipe(v.string(), v.parseJson(), exporterSettings),
    await readFile(file, 'utf8'),
  );
  let scrape: Promise<string> | null = null;
  /** Whoever asks meanwhile is given the same answer. */
  const scraped = () => {
    scrape ??= metricsIn(folder).finally(() => {
      scrape = null;
    });
    return scrape;
  };
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    scraped().then(
      (text) => response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end(text),
      (problem: unknown) => response.writeHead(500).end(String(problem)),
    );
  });
  server.once('error', (problem) => {
    process.stderr.write(
      `port ${port} cannot be listened on (${problem.message}): set metrics-port to one that is free\n`,
    );
    process.exitCode = 1;
  });
  server.listen(port, () => {
    if (pidFile !== null) void writeFile(pidFile, `${process.pid}\n`);
  });
}

async function metricsIn(folder: string): Promise<string> {
  const samples: Sample[] = [];
  const password = await contentOf(join(folder, 'console-password'));
  const until = performance.now() + patience;
  for (let number = 0; number < mostProcesses; number++) {
    const own = number === 0 ? folder : join(folder, String(number));
    const ini = await contentOf(join(own, 'pgbouncer.ini'));
    const port = ini === null ? null : portIn(ini);
    if (ini === null || port === null || password === null) break;
    const login = { user: admin, password: { secret: password } };
    const left = () => until - performance.now();
    const console = new Console([{ host: hostIn(ini), port }], login, left, ownListening(ini));
    try {
      const all = await console.tables(tables.map(({ question }) => question));
      samples.push(upOf(true, String(number)));
      for (const [at, table] of tables.entries()) {
        const rows = toldApart(table, all[at] ?? [], entriesIn(ini));
        samples.push(...samplesOf(table, rows, String(number)));
      }
    } catch {
      samples.push(upOf(false, String(number)));
    } finally {
      await console.release();
    }
  }
  const figures = parseFigures(await contentOf(figuresIn(folder)));
  return exposition([...samples, ...samplesOfHooks(figures)]);
}

/** Its socket, or the address that is its own. */
function hostIn(ini: string): string {
  const socket = /^unix_socket_dir = (\S+)$/m.exec(ini)?.[1];
  const address = /^listen_addr = (\S+)$/m.exec(ini)?.[1]?.split(',').at(-1) ?? '*';
  return socket ?? (address === '*' ? '127.0.0.1' : address);
}

const contentOf = (path: string): Promise<string | null> =>
  readFile(path, 'utf8').catch(() => null);
