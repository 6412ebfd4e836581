import * as TE from 'fp-ts/lib/TaskEither.js';
import * as v from 'valibot';
import { given } from '../../hook/index.ts';
import type { Identity } from '../ports.ts';
import type { CertificateFacts } from '../relation/certificate.ts';

/** What a unit in memory has for its clients to know it by, as plain data. */
export interface IdentityState {
  readonly key: string | null;
  /** How many keys and requests were made so far. */
  readonly made: number;
}

export const emptyIdentity: IdentityState = { key: null, made: 0 };

const requested = v.object({ key: v.string(), names: v.array(v.string()), mark: v.number() });
const signed = v.object({
  by: v.string(),
  key: v.string(),
  names: v.array(v.string()),
  from: v.number(),
  until: v.number(),
});

/** A unit's identity in memory: keys are names, and certificates say what is in them to everyone. */
export class MemoryIdentity {
  state: IdentityState;
  names: readonly string[];
  /** Milliseconds since 1970. */
  now = 0;
  readonly #unit: string;

  constructor(unit: string, names: readonly string[], state: IdentityState = emptyIdentity) {
    given('MemoryIdentity', 'the unit', unit, 'text');
    given('MemoryIdentity', 'its names', names, 'list');
    this.#unit = unit;
    this.names = names;
    this.state = state;
  }

  /** What one hook sees. */
  hook(): Identity {
    return {
      key: () => TE.right(this.state.key)(),
      names: () => TE.right([...this.names].sort())(),
      now: () => this.now,
      examine: (certificate, authorities) => examined(certificate, authorities),
      request: (names) => async () => {
        const key = this.state.key ?? `key ${this.state.made} of ${this.#unit}`;
        this.state = { key, made: this.state.made + 1 };
        const request = block('CERTIFICATE REQUEST', { key, names, mark: this.state.made });
        return TE.right({ request, key })();
      },
      forget: () => {
        this.state = { ...this.state, key: null };
        return TE.right(undefined)();
      },
    };
  }
}

/** An authority in memory, by its name. */
export const memoryAuthority = (name: string) => {
  given('memoryAuthority', 'its name', name, 'text');
  const ca = block('CERTIFICATE', { authority: name });
  return {
    ca,
    /** A certificate for what a request asks for. */
    certify: (request: string, term: Pick<CertificateFacts, 'from' | 'until'>): string => {
      const { from, until } = term;
      const { key, names } = v.parse(requested, contentOf(request));
      return block('CERTIFICATE', { by: name, key, names, from, until });
    },
  };
};

function examined(certificate: string, authorities: readonly string[]): CertificateFacts | null {
  const content = v.safeParse(signed, contentOf(certificate));
  if (!content.success) return null;
  const { by, ...facts } = content.output;
  const isIssued = authorities.includes(memoryAuthority(by).ca);
  return { ...facts, isAuthority: false, isIssued };
}

const block = (kind: string, content: object): string =>
  `-----BEGIN ${kind}-----\n${Buffer.from(JSON.stringify(content)).toString('base64')}\n-----END ${kind}-----\n`;

function contentOf(text: string): unknown {
  try {
    const [, base64 = ''] = text.trim().split('\n');
    return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    return null;
  }
}
