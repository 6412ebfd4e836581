import { describe, expect, it } from 'vitest';
import { overheard } from '../../src/inspector/overheard.ts';

describe('ports that are overheard', () => {
  const heardIn = async (ports: object, use: (ports: never) => unknown) => {
    const heard: string[] = [];
    const result = await use(overheard(ports, (text) => heard.push(text)) as never);
    return { heard, result };
  };
  const secret = (text: string) => ({ secret: text });

  it('tell of a secret that is given, and of one that comes back, at once or when it is asked for', async () => {
    const port = {
      take: (grant: object) => grant,
      make: () => secret('made'),
      later: () => async () => ({ right: [new Map([['a', secret('deep')]])] }),
    };
    const { heard, result } = await heardIn({ port }, async (ports: { port: typeof port }) => {
      ports.port.take({ users: [{ verifier: secret('given') }] });
      ports.port.make();
      return await ports.port.later()();
    });
    expect(heard).toEqual(['given', 'given', 'made', 'deep']);
    expect(result).toEqual({ right: [new Map([['a', secret('deep')]])] });
  });

  it('are left alone where they are instances of a class, and what is empty hides nothing', async () => {
    class Own {
      readonly #kept = secret('kept');
      read() {
        return this.#kept;
      }
    }
    const port = { empty: () => secret('') };
    const { heard, result } = await heardIn(
      { own: new Own(), port },
      (ports: { own: Own; port: typeof port }) => [ports.own.read(), ports.port.empty()],
    );
    expect(heard).toEqual([]);
    expect(result).toEqual([secret('kept'), secret('')]);
  });
});
