/** Stand-ins for Juju's hook tools: programs on a PATH that ask the simulated model over a socket. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { HookTools } from '../../../src/testing/hook-tools.ts';
import { ToolError } from '../../../src/testing/tool-error.ts';
import { call, type Surroundings } from './tool-calls.ts';

/** One call of a tool, as it arrived. */
export interface ToolCall {
  readonly tool: string;
  readonly args: readonly string[];
  readonly input: string;
  /** What it printed. */
  readonly answer: string;
  /** What it said of why it failed; empty where it did not. */
  readonly error: string;
}

export type Asked = Omit<ToolCall, 'answer' | 'error'>;

/** What a test has a tool do instead: its answer, or never to end, or null to let it be. */
export type Instead = (
  call: Asked,
  /** Which call of the hook it is, from 1. */
  number: number,
) => { readonly code: number; readonly out: string; readonly error: string } | 'hang' | null;

const program = resolve('test/pgbouncer/charm/hook-tool.bash');

/** Characters of an answer that the program is sent. */
const longest = 64 * 1024;

const tools = [
  'action-fail',
  'action-get',
  'action-set',
  'juju-log',
  'open-port',
  'close-port',
  'secret-ids',
  'state-delete',
  'status-get',
  'is-leader',
  'relation-ids',
  'relation-list',
  'relation-get',
  'relation-set',
  'goal-state',
  'state-get',
  'state-set',
  'status-set',
  'config-get',
  'network-get',
  'secret-add',
  'secret-set',
  'secret-get',
  'secret-info-get',
  'secret-ids',
  'secret-grant',
  'secret-remove',
];

/** The tools of one hook at a time: `serve` says whose. */
export class StandIn {
  /** The folder that goes on the PATH. */
  readonly folder = mkdtempSync(join(tmpdir(), 'hookchart-tools-'));
  readonly #server: Server;
  #carryOut: (asked: Asked) => string = ({ tool }) => {
    throw new ToolError(tool, 1, 'no hook');
  };
  #instead: Instead = () => null;
  calls: ToolCall[] = [];
  #files = 0;

  private constructor() {
    for (const name of new Set(tools)) symlinkSync(program, join(this.folder, name));
    this.#server = createServer((socket) => {
      let text = '';
      socket.setEncoding('utf8').on('error', () => {});
      socket.on('data', (chunk: string) => {
        text += chunk;
        const [tool = '', count, ...rest] = text.split('\0');
        // Name, count, arguments, input, and what follows the last mark.
        if (count === undefined || rest.length < Number(count) + 2) return;
        const args = rest.slice(0, Number(count));
        const answer = this.#answer({ tool, args, input: rest[Number(count)] ?? '' });
        if (answer === 'hang') return;
        const { code, out, error } = answer;
        const isLong = out.length > longest;
        const whole = isLong ? '' : out;
        const file = isLong ? this.#inFile(out) : '';
        socket.end(`${code}\0${Buffer.byteLength(whole)}\0${whole}${error}\0${file}\0`);
      });
    });
  }

  static async start(): Promise<StandIn> {
    const standIn = new StandIn();
    await new Promise<void>((resolve) => standIn.#server.listen(0, '127.0.0.1', resolve));
    return standIn;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  serve(hookTools: HookTools, around: Surroundings, instead: Instead = () => null): void {
    this.answer(({ tool, args, input }) => call(hookTools, around, tool, args, input), instead);
  }

  /** The tools of a model that is none of the simulation's: what each prints, or a `ToolError`. */
  answer(carryOut: (asked: Asked) => string, instead: Instead = () => null): void {
    this.#carryOut = carryOut;
    this.#instead = instead;
    this.calls = [];
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.folder, { recursive: true });
  }

  #inFile(text: string): string {
    this.#files += 1;
    const file = join(this.folder, `answer-${this.#files}`);
    writeFileSync(file, text);
    return file;
  }

  #answer(asked: Asked) {
    const number = this.calls.push({ ...asked, answer: '', error: '' });
    const answered = this.#instead(asked, number) ?? this.#carriedOut(asked);
    if (answered !== 'hang')
      this.calls[number - 1] = { ...asked, answer: answered.out, error: answered.error };
    return answered;
  }

  #carriedOut(asked: Asked) {
    try {
      return { code: 0, out: this.#carryOut(asked), error: '' };
    } catch (error) {
      if (error instanceof ToolError)
        return { code: error.exitCode, out: '', error: `${error.message}\n` };
      return { code: 1, out: '', error: `ERROR ${String(error)}\n` };
    }
  }
}
