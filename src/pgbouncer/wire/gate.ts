import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import { type Frame, Frames } from './frames.ts';
import { WireProblem, wordsOf } from './problem.ts';

/** A login by SCRAM: asked for, challenged, proved by the server, and let in; nothing else. */
const exchange = [10, 11, 12, 0] as const;

/** What a server may say before it is ready for the first statement. */
const duringLogin = 'RSKENZ';

/** Bytes that may come without anything having been sent. */
const mostInLogin = 256 * 1024;
const mostInAnswer = 64 * 1024 * 1024;

/**
 * Stands between the driver and a server, and lets pass only what a server says that knows the
 * password. The driver answers whatever it is asked, at any time, in clear if need be; here that
 * cannot reach it.
 */
export class Gate extends Duplex {
  readonly #inner: Socket;
  readonly #frames = new Frames();
  #steps = 0;
  #received = 0;
  #problem: WireProblem | null = null;

  constructor(inner: Socket) {
    super({ allowHalfOpen: false });
    this.#inner = inner;
    inner.on('data', (chunk: Buffer) => this.#take(chunk));
    inner.on('error', (cause) => this.fail(this.#gone(wordsOf(cause))));
    for (const event of ['end', 'close'])
      inner.on(event, () => this.fail(this.#gone('the server closed the connection')));
  }

  /** Why nothing passes any more. */
  get problem(): WireProblem | null {
    return this.#problem;
  }

  /** Whether the server asks for what gives nothing away, and has not been answered yet. */
  get isAskedForProof(): boolean {
    return this.#steps === 1 && !this.destroyed;
  }

  /** Whether the server has shown that it knows the password, and then let us in. */
  get isTrusted(): boolean {
    return this.#steps === exchange.length;
  }

  get isEncrypted(): boolean {
    return this.#inner instanceof TLSSocket;
  }

  /** For the driver, who would connect what is connected already. */
  connect(): this {
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  /** For the driver; that was done. */
  setNoDelay(): this {
    return this;
  }

  /** For the driver, who binds its proof to the certificate. */
  getPeerCertificate(): PeerCertificate | undefined {
    return this.#inner instanceof TLSSocket ? this.#inner.getPeerCertificate() : undefined;
  }

  /** Ends everything at once, for this reason unless there is one already. */
  fail(problem: WireProblem): void {
    this.#problem ??= problem;
    if (!this.destroyed) this.destroy(this.#problem);
  }

  // What the driver's parser throws at a message would be nobody's to catch.
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event !== 'data') return super.emit(event, ...values);
    try {
      return super.emit(event, ...values);
    } catch (cause) {
      this.fail(this.#nonsense(wordsOf(cause)));
      return false;
    }
  }

  override _read(): void {
    this.#inner.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#received = 0;
    this.#inner.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#inner.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inner.destroy();
    done(error);
  }

  #take(chunk: Buffer): void {
    if (this.destroyed) return;
    const most = this.isTrusted ? mostInAnswer : mostInLogin;
    this.#received += chunk.length;
    const { bytes, frames, isBroken } = this.#frames.take(chunk, most);
    let passed = 0;
    let problem: WireProblem | null = null;
    for (const frame of frames) {
      problem = this.#judge(frame);
      if (problem !== null) break;
      passed = frame.end;
    }
    if (passed > 0 && !this.push(bytes.subarray(0, passed))) this.#inner.pause();
    if (isBroken) problem ??= this.#nonsense('what it sends is no message');
    if (this.#received > most) problem ??= this.#nonsense('it sends too much');
    if (problem !== null) this.fail(problem);
  }

  #judge({ type, authentication }: Frame): WireProblem | null {
    if (authentication !== null) return this.#judgeAuthentication(authentication);
    if (this.isTrusted) return null;
    if (!duringLogin.includes(type)) return this.#nonsense('what it sends belongs to no login');
    return type === 'Z' ? untrusted('it let us in without proof of who it is') : null;
  }

  #judgeAuthentication(kind: number): WireProblem | null {
    if (kind === exchange[this.#steps]) {
      this.#steps += 1;
      return null;
    }
    switch (kind) {
      case 0:
        return untrusted('it let us in without proof of who it is');
      case 3:
        return untrusted('it asked for the password in clear');
      case 5:
        return untrusted('it asked for the password as md5');
      default:
        return untrusted('it asked for something else than SCRAM-SHA-256');
    }
  }

  #gone(why: string): WireProblem {
    return new WireProblem(this.isTrusted ? 'lost' : 'unreachable', why);
  }

  #nonsense(why: string): WireProblem {
    const text = `what answers is no PostgreSQL: ${why}`;
    return new WireProblem(this.isTrusted ? 'lost' : 'unreachable', text);
  }
}

const untrusted = (why: string) =>
  new WireProblem('untrusted', `the server is not trusted: ${why}`);
