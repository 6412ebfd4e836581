/**
 * Stands between a hook and its adapters, and remembers for eyes what passes by: databags, the
 * configuration, the status. It asks nothing itself, and changes nothing.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Attempt, Failure, Secret } from '../hook/index.ts';
import type { Bag, Databag, HookWorld, Juju } from '../juju/index.ts';
import { databaseSection } from '../pgbouncer/pooler/pgbouncer-files.ts';
import type { Outside } from '../pgbouncer/ports.ts';
import { maskedDatabag, secretsIn } from '../pgbouncer/relation/masking.ts';
import type { Growing, Seen } from './recording.ts';

/** A configuration file of PgBouncer, before and after it was put in force. */
export interface ChangedFile {
  readonly before: string | null;
  readonly after: string;
}

/** What a hook has of the world; of PgBouncer's ports more is seen than of others. */
export type Seeable = HookWorld & Partial<Omit<Outside, 'clock'>>;

export interface RecordingAdapters<Given extends Seeable = Seeable> {
  /** The same adapters, looked over. */
  readonly adapters: Given;
  /** What was seen; of the writes only what was committed. */
  readonly seen: Seen;
  /** The texts that MUST NOT be shown, wherever they turn up. */
  readonly secrets: ReadonlySet<string>;
  /** Tells of PgBouncer's file as it stands; without it what follows from the ledger is shown. */
  readonly configured: (file: ChangedFile) => void;
}

export function recordingAdapters<Given extends Seeable>(
  adapters: Given,
): RecordingAdapters<Given> {
  const { juju, backend, pooler, entropy } = adapters;
  const secrets = new Set<string>();
  const seen: Growing<Seen> = { read: {}, written: {}, configuration: null, status: null };
  const hide: Hide = (secret) => {
    if (secret) secrets.add(secret.secret);
  };
  const hideIn = (databag: Databag) => {
    for (const secret of secretsIn(databag)) secrets.add(secret);
  };
  let isToldOf = false;
  const put = (file: ChangedFile) => {
    seen.configuration = { before: (seen.configuration ?? file).before, after: file.after };
  };
  return {
    seen,
    secrets,
    configured: (file) => {
      isToldOf = true;
      put(file);
    },
    adapters: {
      ...adapters,
      juju: seenJuju(juju, seen, hideIn),
      ...(backend && {
        backend: {
          ...backend,
          provision: (grant, holdings) => {
            hide(grant.password);
            return then(backend.provision(grant, holdings), ({ verifier }) => hide(verifier));
          },
        },
      }),
      ...(pooler && {
        pooler: {
          ...pooler,
          apply: (configuration) => {
            hide(configuration.lookup?.password);
            for (const { verifier } of configuration.users) hide(verifier);
            isToldOf = false;
            return then(pooler.apply(configuration), () => {
              const after = databaseSection(configuration.databases);
              if (!isToldOf) put({ before: null, after });
            });
          },
          admits: (login, database) => {
            hide(login.password);
            return pooler.admits(login, database);
          },
        },
      }),
      ...(entropy && {
        entropy: {
          password: () => {
            const password = entropy.password();
            hide(password);
            return password;
          },
        },
      }),
    },
  };
}

type Hide = (secret: Secret | null | undefined) => void;

/** Juju as it was, with what a hook reads of it and writes to it put by. */
function seenJuju(juju: Juju, seen: Growing<Seen>, hideIn: (databag: Databag) => void): Juju {
  const { secrets: store } = juju;
  const shown = (databag: Databag): Databag => {
    hideIn(databag);
    return maskedDatabag(databag);
  };
  return {
    ...juju,
    read: (bags) => async () => {
      const contents = await juju.read(bags)();
      for (const [index, bag] of bags.entries()) {
        const content = contents[index];
        if (content !== undefined && E.isRight(content))
          seen.read[bagName(bag)] ??= shown(content.right);
      }
      return contents;
    },
    secrets: store && { ...store, read: (id) => then(store.read(id), hideIn) },
    commit: (changes) =>
      then(juju.commit(changes), () => {
        seen.status = changes.status;
        for (const { bag, values } of changes.bags) seen.written[bagName(bag)] = shown(values);
      }),
  };
}

/** What eyes know a databag by. */
function bagName(bag: Bag): string {
  switch (bag._tag) {
    case 'RemoteApp':
      return `relation ${bag.relation}: application`;
    case 'RemoteUnit':
      return `relation ${bag.relation}: ${bag.unit}`;
    case 'OwnApp':
      return `relation ${bag.relation}: pooler`;
    case 'PeerApp':
      return 'peers: application';
    case 'PeerUnit':
      return `peers: ${bag.unit}`;
  }
}

const then =
  <Result, Why extends Failure>(
    call: Attempt<Result, Why>,
    look: (result: Result) => void,
  ): Attempt<Result, Why> =>
  async () => {
    const outcome = await call();
    if (E.isRight(outcome)) look(outcome.right);
    return outcome;
  };
