/** What Juju calls its hooks, beside the environment that says for which one a process was called. */
import { instead, nearest, oneOf } from '../../hook/index.ts';

const plain = [
  ...['install', 'start', 'stop', 'remove', 'config-changed', 'update-status', 'upgrade-charm'],
  ...['leader-elected', 'leader-settings-changed', 'collect-metrics', 'meter-status-changed'],
  ...['pre-series-upgrade', 'post-series-upgrade'],
  ...['secret-changed', 'secret-expired', 'secret-remove', 'secret-rotate'],
];

/** What becomes of a relation. */
const fates = ['created', 'joined', 'changed', 'departed', 'broken'];

/** What follows the name of an endpoint, a storage or a container. */
const ofSomething = [
  ...fates.map((fate) => `relation-${fate}`),
  ...['storage-attached', 'storage-detaching'],
  ...['pebble-ready', 'pebble-custom-notice', 'pebble-check-failed', 'pebble-check-recovered'],
];

/** What a hook is of: the name of an endpoint, a storage or a container. */
export interface HookSubject {
  readonly kind: 'relation' | 'storage' | 'pebble';
  readonly name: string;
}

/** Null for a hook that is of nothing that `metadata.yaml` names. */
export function subjectOf(hook: string): HookSubject | null {
  for (const what of ofSomething) {
    const name = hook.slice(0, -what.length - 1);
    const [kind] = what.split('-');
    if (name !== '' && hook === `${name}-${what}`)
      return { kind: kind === 'relation' || kind === 'storage' ? kind : 'pebble', name };
  }
  return null;
}

/** Whether Juju calls a hook of this name by itself: others are the charm's own words. */
export const isJujuHook = (name: string): boolean =>
  plain.includes(name) || subjectOf(name) !== null;

/** Which hook may have been meant by a name that is none; all plain ones where nobody knows. */
export function hookInstead(name: string): string {
  const words = name.split('-');
  const named = ofSomething.flatMap((what) => {
    const something = words.slice(0, -what.split('-').length).join('-');
    return something === '' ? [] : [`${something}-${what}`];
  });
  const [before, fate = ''] = words.slice(-2);
  if (before === undefined || !fates.includes(fate) || nearest(before, ['relation']) !== null)
    return instead(name, [...plain, ...named]);
  // Who writes `website-changed` leaves out a word.
  const meant = nearest(name, plain);
  const whole = `${words.slice(0, -1).join('-')}-relation-${fate}`;
  return oneOf(meant === null ? [whole] : [meant, whole]);
}
