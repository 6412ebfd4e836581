/** What a recording says of a foreign charm's failure: what is claimed, where it began, what was put off. */
import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  asksAndReads,
  type Oracle,
  openForeignCharm,
  replayForeign,
  StoryRecorder,
  soakForeign,
} from '../../src/foreign/index.ts';
import { knownOracles } from '../../src/foreign/known-oracles.ts';
import { type Entry, parseRecording, type Recording } from '../../src/inspector/index.ts';
import { endOf } from '../../src/inspector/recording.ts';
import { troublesOf } from '../../src/inspector/trouble.ts';
import { forgetful, putOff, stateOfOps } from './forgetful.ts';
import { planted } from './tiny-charms.ts';

/** The first failure that a soak finds, as it is recorded; the folder is removed. */
async function recorded(
  folder: string,
  requests: Readonly<Record<string, Readonly<Record<string, string>>>>,
  oracles: readonly Oracle[] = [],
): Promise<Recording> {
  const others = Object.fromEntries(
    Object.entries(requests).map(([endpoint, request]) => [
      endpoint,
      { script: asksAndReads, requests: [request] },
    ]),
  );
  const charm = await openForeignCharm(folder, { others });
  try {
    const { failure } = await soakForeign(charm, {
      ...{ hooks: 1000, seed: 1, shrinkSeconds: 0, oracles },
    });
    if (failure === null) throw new Error('nothing was found');
    const { history: actions, chosen, violations } = failure.shortest;
    const recorder = new StoryRecorder(charm, oracles);
    const story = { ...failure, actions, chosen };
    await replayForeign(charm, story, { oracles }, (shown) => recorder.take(shown));
    return recorder.recording(violations);
  } finally {
    charm.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const page = { page: { title: 'tides' }, press: {} };
const violatedIn = ({ entries }: Recording) => {
  const last = entries.at(-1);
  return last?._tag === 'Note' ? last.violated : undefined;
};
const runs = ({ entries }: Recording) => entries.filter((entry) => entry._tag === 'Hook');
const did = (entry: Entry | undefined, what: string) =>
  entry?._tag === 'Hook'
    ? (entry.seen.did ?? []).filter((one) => one.what === what).map(({ how }) => how)
    : [];

describe('the recording of a foreign failure', { timeout: 120_000 }, () => {
  it('knows what every oracle claims', () => {
    const own = { name: 'Own', claims: 'It is mine.' };
    const claims = knownOracles([own]).map((oracle) => oracle.claims);
    expect(claims.filter((claim) => !claim.endsWith('.'))).toEqual([]);
    expect(knownOracles([own]).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['AnswersHold', 'WorkloadHolds', 'HooksEnd', 'Own']),
    );
  });

  it('lays a request that was lost to the hook that put it off', async () => {
    const recording = await recorded(forgetful(), page);
    expect(violatedIn(recording)).toEqual({
      invariant: 'AnswersHold',
      claims: expect.stringMatching(/^A request is answered as it is/),
      what: expect.stringMatching(/^relation 1001 \(page of page-one\) has no page/),
      by: null,
    });
    const [trouble] = troublesOf(recording);
    const culprit = recording.entries[trouble?.culprit ?? -1];
    expect([trouble?.blame, culprit]).toEqual([
      'deferred',
      expect.objectContaining({
        unit: 'forgetful/0',
        event: { hook: 'page-relation-changed', relation: 1001 },
        deferred: [putOff],
      }),
    ]);
    expect(did(culprit, 'put off')).toEqual([putOff]);
    const ends = runs(recording).map((entry) => [endOf(entry), entry.event.hook]);
    expect(ends).toContainEqual(['deferred', 'page-relation-joined']);
    const lost = runs(recording).find((entry) => did(entry, 'waits no more').length > 0);
    expect([lost?.unit, lost?.deferred]).toEqual(['forgetful/0', undefined]);
    expect(parseRecording(JSON.stringify(recording))).toEqual({ _tag: 'Right', right: recording });
  });

  it('begins a failure that goes on for ever with the first one, though other units fail, too', async () => {
    const failing = `case $JUJU_DISPATCH_PATH in
  *-relation-broken) echo 'Error: no press' >&2; exit 1 ;;
esac
exit 0`;
    const recording = await recorded(
      forgetful((program) => program.replace('set -eu', () => failing)),
      page,
    );
    const { invariant, what, by } = violatedIn(recording) ?? {};
    expect([invariant, what]).toEqual([
      'HooksSucceed',
      'forgetful/0 fails again and again in page-relation-broken: exit code 1: Error: no press',
    ]);
    const failed = runs(recording).filter(
      ({ unit, failure }) => unit === 'forgetful/0' && failure !== null,
    );
    expect(failed.length).toBeGreaterThan(2);
    expect(by).toBe(failed[0]?.id);
  });

  it('begins what never comes to rest with the first write of those that call each other forth', async () => {
    const restless = `status-set active
case $hook in update-status) exit 0 ;; esac
peers=$(relation-ids keepers)
turn=$(relation-get -r "$peers" turn "$JUJU_UNIT_NAME")
relation-set -r "$peers" turn=$([ "$turn" = tick ] && echo tock || echo tick)
`;
    const folder = planted('bash', [['status-set active\n', restless]]);
    const recording = await recorded(folder, { database: { database: 'ships' } });
    const { invariant, claims, by } = violatedIn(recording) ?? {};
    expect([invariant, claims]).toEqual(['HooksEnd', expect.stringMatching(/^Hooks do not call/)]);
    const writes = (entry: Entry) =>
      entry._tag === 'Hook' && 'turn' in (entry.seen.written[`peers: ${entry.unit}`] ?? {});
    const culprit = recording.entries.findIndex(({ id }) => id === by);
    const written = recording.entries.flatMap((entry, at) => (writes(entry) ? [at] : []));
    expect(written).toContain(culprit);
    expect(culprit).toBeLessThan(written[Math.floor(written.length / 10)] ?? -1);
  });

  it('asks an oracle of its own whether the last hook did it, or the rest after it', async () => {
    const own = (isHook: boolean): Oracle => ({
      name: 'Own',
      claims: 'Nobody waits.',
      across: (_, action) =>
        isHook && 'hook' in action && action.hook.name === 'start' ? ['it starts'] : [],
      atRest: () => (isHook ? [] : ['it rests']),
    });
    const hooked = await recorded(forgetful(), page, [own(true)]);
    expect(violatedIn(hooked)).toMatchObject({ invariant: 'Own', claims: 'Nobody waits.' });
    expect(violatedIn(hooked)?.by).toBe(runs(hooked).at(-1)?.id);
    const rested = await recorded(forgetful(), page, [own(false)]);
    expect(violatedIn(rested)).toMatchObject({ what: 'it rests', by: null });
  });
});

it('the file of ops that these charms keep is read as one of ops', async () => {
  const { deferredIn } = await import('../../src/foreign/deferred.ts');
  expect(deferredIn(stateOfOps(putOff))).toEqual([putOff]);
});
