/**
 * Stands between a hook and its adapters, and remembers for eyes what passes by: databags, secrets,
 * the status, and what the charm shows of its own ports. It asks nothing itself, and changes nothing.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Databag, Eyes, HookWorld, SecretStore, Shown } from '../juju/index.ts';
import { maskedDatabag, secretKeys, secretsIn } from '../shown/masking.ts';
import { watched } from '../shown/watched.ts';
import { applicationOf, bagName } from './names.ts';
import { overheard } from './overheard.ts';
import type { Growing, Seen } from './recording.ts';

/** A file of configuration, before and after it was put in force. */
export interface ChangedFile {
  readonly before: string | null;
  readonly after: string;
}

/** What a hook has of the world: Juju, and the ports that its charm brings. */
export type Seeable = HookWorld;

export interface RecordingAdapters<Given extends Seeable = Seeable> {
  /** The same adapters, looked over. */
  readonly adapters: Given;
  /** What was seen; of the writes only what was committed. */
  readonly seen: Seen;
  /** The texts that MUST NOT be shown, wherever they turn up. */
  readonly secrets: ReadonlySet<string>;
}

/**
 * Adapters that tell of the charm's file as it stands, made for whoever is told of it; of those that
 * do not, what the charm itself shows is shown.
 */
export type TellingAdapters<Given extends Seeable> = (told: (file: ChangedFile) => void) => Given;

export function recordingAdapters<Given extends Seeable>(
  telling: TellingAdapters<Given>,
  shown: Shown = {},
): RecordingAdapters<Given> {
  const seen: Growing<Seen> = { read: {}, written: {}, configuration: null, status: null };
  const configured = (file: ChangedFile) => {
    const first = seen.configuration ?? file;
    seen.configuration = { before: first.before, after: file.after };
  };
  let isToldOf = false;
  const adapters = telling((file) => {
    isToldOf = true;
    configured(file);
  });
  const { juju, ...ports } = adapters;
  const isSecret = secretKeys(shown.secretKeys);
  const application = applicationOf(juju.unit);
  const secrets = new Set<string>();
  const hideIn = (databag: Databag) => {
    for (const secret of secretsIn(databag, isSecret)) secrets.add(secret);
  };
  const masked = (databag: Databag): Databag => {
    hideIn(databag);
    return maskedDatabag(databag, isSecret);
  };
  const did: Eyes['did'] = (what, how) => {
    seen.did = [...(seen.did ?? []), { what, how }];
  };
  /** Of Juju's secrets nothing is in force before the commit. */
  const pending: (readonly [what: string, how: string])[] = [];
  const eyes: Eyes = {
    configured: (file) => {
      if (!isToldOf) configured(file);
    },
    did,
  };
  const heard = overheard(ports, (text) => secrets.add(text));
  const looked = { ...heard, ...shown.look?.(heard, eyes) };
  return {
    seen,
    secrets,
    adapters: {
      ...adapters,
      ...looked,
      juju: {
        ...juju,
        read: (bags) => async () => {
          const contents = await juju.read(bags)();
          for (const [index, bag] of bags.entries()) {
            const content = contents[index];
            if (content !== undefined && E.isRight(content))
              seen.read[bagName(bag, application)] ??= masked(content.right);
          }
          return contents;
        },
        secrets: juju.secrets && lookedAtSecrets(juju.secrets, hideIn, pending),
        commit: (changes) =>
          watched(juju.commit(changes), () => {
            seen.status = changes.status;
            for (const { bag, values } of changes.bags)
              seen.written[bagName(bag, application)] = masked(values);
            for (const [what, how] of pending) did(what, how);
          }),
      },
    },
  };
}

function lookedAtSecrets(
  store: SecretStore,
  hideIn: (content: Databag) => void,
  pending: (readonly [what: string, how: string])[],
): SecretStore {
  const noted = (what: string, how: string) => () => void pending.push([`secret ${what}`, how]);
  return {
    ...store,
    read: (id) => watched(store.read(id), hideIn),
    make: (label, content, onRecord) => {
      hideIn(content);
      return watched(store.make(label, content, onRecord), noted(label, 'made'));
    },
    replace: (id, content) => {
      hideIn(content);
      return watched(store.replace(id, content), noted(id, 'changed'));
    },
    grant: (id, relation) =>
      watched(store.grant(id, relation), noted(id, `granted to relation ${relation}`)),
    remove: (id) => watched(store.remove(id), noted(id, 'removed')),
  };
}
