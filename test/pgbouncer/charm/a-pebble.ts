/** Pebble itself, where `HOOKCHART_PEBBLE` names its program, and else what stands in for it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { PebbleStandIn } from './pebble-stand-in.ts';

export const realPebble = process.env.HOOKCHART_PEBBLE;

export interface APebble {
  readonly socket: string;
  /** Null where it is Pebble itself. */
  readonly standIn: PebbleStandIn | null;
  readonly stop: () => Promise<void>;
}

export async function startPebble(folder: string): Promise<APebble> {
  const socket = join(folder, 'pebble.socket');
  if (realPebble === undefined) {
    const standIn = await PebbleStandIn.start(socket);
    return { socket, standIn, stop: () => standIn.stop() };
  }
  const home = join(folder, 'pebble');
  mkdirSync(join(home, 'layers'), { recursive: true });
  const child = spawn(realPebble, ['run'], {
    env: { PATH: process.env.PATH, PEBBLE: home, PEBBLE_SOCKET: socket },
    stdio: 'ignore',
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  await answers(child, socket);
  return {
    socket,
    standIn: null,
    stop: async () => {
      process.removeListener('exit', kill);
      const exit = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await exit;
    },
  };
}

async function answers(child: ChildProcess, socketPath: string): Promise<void> {
  let end: unknown = null;
  child.once('error', (error) => {
    end = error;
  });
  child.once('exit', (code) => {
    end = new Error(`it ended with ${code}`);
  });
  for (;;) {
    if (end !== null) throw end;
    const isUp = await new Promise<boolean>((resolve) => {
      const outgoing = request({ socketPath, path: '/v1/system-info' }, (incoming) => {
        incoming.resume();
        resolve(incoming.statusCode === 200);
      });
      outgoing.on('error', () => resolve(false));
      outgoing.end();
    });
    if (isUp) return;
    await after(10);
  }
}

/** The process that was started on this file; null where there is none. */
export function processOn(iniFile: string): number | null {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [program = '', ...args] = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      if (program.endsWith('pgbouncer') && args.includes(iniFile)) return Number(name);
    } catch {
      // It has ended meanwhile.
    }
  }
  return null;
}
