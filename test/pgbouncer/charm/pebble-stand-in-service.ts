/**
 * A service of the stand-in: started, watched for a second, started again when it dies and
 * when its check fails, as Pebble does it.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { setTimeout as after } from 'node:timers/promises';
import { userNamed } from './pebble-stand-in-files.ts';

export interface Done {
  readonly ready: true;
  readonly err?: string | undefined;
  readonly tasks: readonly { readonly log: readonly string[] }[];
}

/** Pebble's own, in milliseconds. */
const okayDelay = 1_000;
const backoffDelay = 500;

/** How many times as often as it is written checks are made here. */
const hurry = 25;

/** By how much less time they have: one that starts on a busy machine is not to be taken for a hang. */
const haste = 2;

type State = 'inactive' | 'active' | 'backoff' | 'terminating';

export class StandInService {
  plan = '';
  /** Milliseconds that each change takes beside what has to be done. */
  delay = 0;
  /** How often a process of the service was started. */
  starts = 0;
  readonly #holds: (is: boolean, what: string) => void;
  readonly #name: string;
  #state: State = 'inactive';
  /** What of the plan the service runs by: that of its last start, or of a start that found it running. */
  #config = '';
  #child: ChildProcess | null = null;
  #lines: string[] = [];
  #backoff: NodeJS.Timeout | undefined;
  #delay = 0;
  #check: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(holds: (is: boolean, what: string) => void, name: string) {
    this.#holds = holds;
    this.#name = name;
  }

  planned(layer: string): void {
    this.#holds(/^ {4}override: (replace|merge)$/m.test(layer), 'each service overrides');
    const before = checksOf(this.plan);
    this.plan = layer;
    if (checksOf(layer) !== before) this.#watch();
  }

  told(): object[] {
    if (!this.plan.includes(`  ${this.#name}:`)) return [];
    const current = this.#state === 'terminating' ? 'inactive' : this.#state;
    return [{ name: this.#name, startup: 'enabled', current }];
  }

  log(most: string | null): string {
    return this.#lines
      .slice(-Number(most ?? 30))
      .map((message) => `${JSON.stringify({ time: '', service: this.#name, message })}\n`)
      .join('');
  }

  act(action: string): Promise<Done> {
    const isKnown = ['start', 'stop', 'restart', 'replan'].includes(action);
    this.#holds(isKnown, 'services are acted on by name');
    return this.#done(action);
  }

  /** What it is killed with for good when the container goes. */
  async end(): Promise<void> {
    clearTimeout(this.#check);
    await this.#stop();
  }

  async #done(action: string): Promise<Done> {
    if (this.delay > 0) await after(this.delay);
    const wanted = serviceOf(this.plan);
    const isOther = action === 'replan' && this.#state !== 'inactive' && wanted !== this.#config;
    if (action === 'restart' || action === 'stop' || isOther) await this.#stop();
    const isDisabled = /^ {4}startup: disabled$/m.test(wanted);
    if (action === 'stop' || (action === 'replan' && isDisabled)) return { ready: true, tasks: [] };
    const why = await this.#start();
    if (why === null) return { ready: true, tasks: [{ log: [] }] };
    const output = this.#lines
      .slice(-20)
      .map((line) => `    2025-01-01T00:00:00.000Z [${this.#name}] ${line}`);
    const log = [
      `2025-01-01T00:00:00Z INFO Most recent service output:\n${output.join('\n')}`,
      `2025-01-01T00:00:00Z ERROR ${why}`,
    ];
    const err = `cannot perform the following tasks:\n- Start service "${this.#name}" (${why})`;
    return { ready: true, err, tasks: [{ log }] };
  }

  /** Null where it runs after a while; else why not. */
  async #start(): Promise<string | null> {
    // Even where it runs already, which is what spoils a later replan.
    this.#config = serviceOf(this.plan);
    if (this.#state === 'active') return null;
    if (this.#state === 'terminating') return 'cannot start service while terminating';
    clearTimeout(this.#backoff);
    this.#delay = 0;
    const child = this.#spawned();
    if (typeof child === 'string') {
      this.#state = 'inactive';
      return child;
    }
    let timer: NodeJS.Timeout | undefined;
    const code = await new Promise<number | null>((resolve) => {
      child.once('exit', (code) => resolve(code ?? 137));
      timer = setTimeout(() => resolve(null), okayDelay);
    });
    clearTimeout(timer);
    if (code === null) return null;
    return `service start attempt: exited quickly with code ${code}, will restart`;
  }

  #spawned(): ChildProcess | string {
    const text = (key: string) =>
      JSON.parse(new RegExp(`^ {4}${key}: (".*")$`, 'm').exec(this.#config)?.[1] ?? '""') as string;
    const user = text('user');
    this.#holds(user !== '' && user !== 'root', 'PgBouncer does not run as root');
    const who = userNamed(user);
    if (typeof who === 'string') return who;
    const [program = '', ...args] = words(text('command'));
    const child = spawn(program, args, {
      ...(process.getuid?.() === 0 ? who : {}),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.starts += 1;
    this.#child = child;
    this.#state = 'active';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#lines.push(
          ...chunk
            .toString('utf8')
            .split('\n')
            .filter((line) => line !== ''),
        );
      });
    child.once('exit', () => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#again();
    });
    return child;
  }

  /** One that has died is started again, later each time. */
  #again(): void {
    this.#state = 'backoff';
    this.#delay = this.#delay === 0 ? backoffDelay : 2 * this.#delay;
    this.#backoff = setTimeout(() => void this.#spawned(), this.#delay);
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#backoff);
    const child = this.#child;
    if (child === null) {
      this.#state = 'inactive';
      return;
    }
    this.#child = null;
    await this.#killed(child);
    this.#state = 'inactive';
  }

  async #killed(child: ChildProcess): Promise<void> {
    this.#state = 'terminating';
    const exit = new Promise((resolve) => child.once('exit', resolve));
    signal(child, 'SIGTERM');
    const delay = Number(/kill-delay: (\d+)s/.exec(this.#config)?.[1] ?? 5) * 1_000;
    const timer = setTimeout(() => signal(child, 'SIGKILL'), delay);
    await exit;
    clearTimeout(timer);
  }

  #watch(): void {
    clearTimeout(this.#check);
    this.#failures = 0;
    const checks = checksOf(this.plan);
    if (checks === '') return;
    // Pebble's own, where the layer does not say.
    const byDefault: Readonly<Record<string, number>> = { period: 10, timeout: 3, threshold: 3 };
    const said = (key: string) =>
      Number(new RegExp(`${key}: (\\d+)`).exec(checks)?.[1] ?? byDefault[key]);
    const [period, timeout] = [(said('period') * 1_000) / hurry, (said('timeout') * 1_000) / haste];
    const [command = '', ...args] = words(
      JSON.parse(/command: (".*")$/m.exec(checks)?.[1] ?? '""') as string,
    );
    const look = () => {
      execFile(command, args, { timeout, killSignal: 'SIGKILL' }, (problem) => {
        if (checksOf(this.plan) !== checks) return;
        this.#failures = problem === null ? 0 : this.#failures + 1;
        // Once, until it has succeeded again.
        if (this.#failures === said('threshold')) void this.#failed();
        this.#check = setTimeout(look, period);
      });
    };
    this.#check = setTimeout(look, period);
  }

  async #failed(): Promise<void> {
    const child = this.#child;
    const isMeant = /on-check-failure:\n +\S+: restart$/m.test(this.#config);
    if (child === null || this.#state !== 'active' || !isMeant) return;
    this.#child = null;
    await this.#killed(child);
    this.#again();
  }
}

const [serviceOf, checksOf] = [0, 1].map(
  (part) => (plan: string) => plan.split(/^checks:$/m)[part] ?? '',
) as [(plan: string) => string, (plan: string) => string];

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    process.kill(-Number(child.pid), name);
  } catch {
    // It has ended by itself meanwhile.
  }
}

/** A command in its words: both kinds of quotation marks, no escapes. */
const words = (command: string): readonly string[] =>
  [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
