import { WebSocket } from 'ws';
import { given } from '../hook/index.ts';
import type { Send } from './recorder.ts';

/** A feed that goes out through a WebSocket. */
export interface SocketFeed {
  readonly send: Send;
  /** Resolves when all was handed over, or after two seconds; it never rejects. */
  readonly close: () => Promise<void>;
}

const patience = 2_000;

/**
 * Feeds whoever listens at a `ws:` or `wss:` URL, such as `hookchart inspect`. Nobody there is no
 * error: a hook MUST NOT fail for want of observers. What went wrong is told once.
 *
 * @category Showing
 */
export function socketFeed(url: string, tell: (problem: string) => void): SocketFeed {
  given('socketFeed', 'the address', url, 'text');
  given('socketFeed', 'what tells of a problem', tell, 'function');
  const socket = open(url);
  if (socket === null) {
    tell(`"${url}" is no address of an inspector; it is to be like ws://127.0.0.1:7070/source`);
    return { send: () => {}, close: async () => {} };
  }
  const waiting: string[] = [];
  let state: 'connecting' | 'open' | 'closing' | 'over' = 'connecting';
  const giveUp = (problem: string) => {
    if (state === 'connecting' || state === 'open') tell(`the inspector at ${url} ${problem}`);
    state = 'over';
  };
  socket.on('error', ({ message }) =>
    giveUp(state === 'open' ? `has gone away (${message})` : `does not listen (${message})`),
  );
  // It comes after an error, too, and once only: whoever asks later has to know of it.
  const ended = new Promise<void>((resolve) =>
    socket.once('close', () => {
      giveUp('has gone away');
      resolve();
    }),
  );
  const opened = new Promise<void>((resolve) =>
    socket.once('open', () => {
      for (const text of waiting.splice(0)) socket.send(text);
      state = 'open';
      resolve();
    }),
  );
  return {
    send: (message) => {
      const text = JSON.stringify(message);
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
      else if (socket.readyState === WebSocket.CONNECTING) waiting.push(text);
    },
    close: async () => {
      const timer = setTimeout(() => socket.terminate(), patience);
      await Promise.race([opened, ended]);
      if (state === 'open') {
        state = 'closing';
        socket.close();
      }
      await ended;
      clearTimeout(timer);
    },
  };
}

function open(url: string): WebSocket | null {
  try {
    return new WebSocket(url, { handshakeTimeout: patience });
  } catch {
    return null;
  }
}
