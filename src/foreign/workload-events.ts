/** What happens to the workloads of a unit, and the hooks that it is called for by it. */
import { type Happening, type Hook, Misuse } from '../testing/index.ts';
import type { Description } from './description.ts';
import { type Container, checksIn, noticed, restarted } from './pebble/container.ts';
import { planOf } from './pebble/plan.ts';
import { isNoticeKey } from './pebble/requests.ts';
import type { Pod } from './pod.ts';

/** The kind of event by which the Pebble of a container begins to answer. */
export const comesUp = (name: string): string => `${name} comes up`;

/** The kind of event by which a container is lost alone, without the charm's. */
export const restarts = (name: string): string => `${name} restarts`;

/** The kinds by which all checks of a container are down, and up again. */
export const checksFail = (name: string): string => `the checks of ${name} fail`;
export const checksRecover = (name: string): string => `the checks of ${name} recover`;

/** Something that a workload tells Pebble now and then, for the charm to hear of it. */
export interface Telling {
  readonly container: string;
  /** As `example.com/page`. */
  readonly key: string;
}

/** `Misuse` where none of the charm's workloads can tell it. */
export function checkNotice(
  { name, containers }: Pick<Description, 'name' | 'containers'>,
  { container, key }: Telling,
): void {
  const names = containers.map((one) => one.name);
  if (!names.includes(container))
    throw new Misuse(`${name} has no container ${container}; it has ${names.join(', ') || 'none'}`);
  if (!isNoticeKey(key))
    throw new Misuse(`Pebble takes no notice of ${key}: a key is as example.com/path`);
}

/** The kind by which a workload does so. */
export const tells = ({ container, key }: Telling): string => `${container} notifies ${key}`;

type Events = Readonly<Record<string, Happening<Pod>>>;

/** What happens to the containers of the units of any of these charms. */
export const workloadEvents = (
  charms: readonly Pick<Description, 'containers'>[],
  tellings: readonly Telling[] = [],
): Events =>
  Object.assign(
    {},
    ...charms.flatMap(({ containers }) => containers.map(({ name }) => eventsOf(name))),
    ...tellings.map(tellingOf),
  );

/** The hooks that are called for by what became of a unit's containers. */
export const callsOf = (before: Pod, after: Pod): readonly Hook[] =>
  Object.entries(after.containers).flatMap(([name, is]) => {
    const was = before.containers[name];
    return was === undefined || !was.isUp ? [] : callsIn(name, was, is);
  });

function callsIn(name: string, was: Container, is: Container): readonly Hook[] {
  const of = (event: string, what: Omit<Hook, 'name'>): Hook => ({
    name: `${name}-pebble-${event}`,
    ...what,
  });
  const { checks } = planOf(is.layers);
  const failed = is.failing.filter((check) => !was.failing.includes(check));
  const well = was.failing.filter((check) => !is.failing.includes(check));
  const timesOf = (key: string) =>
    was.notices.find((notice) => notice.key === key)?.occurrences ?? 0;
  return [
    ...failed.map((check) => of('check-failed', { check })),
    ...well.flatMap((check) =>
      checks[check] === undefined ? [] : [of('check-recovered', { check })],
    ),
    ...is.notices.flatMap(({ type, key, occurrences }, at) =>
      occurrences > timesOf(key)
        ? [of('custom-notice', { notice: { id: String(at + 1), type, key } })]
        : [],
    ),
  ];
}

const eventsOf = (name: string): Events => ({
  [comesUp(name)]: {
    when: ({ containers }) => containers[name]?.isUp === false,
    becomes: (pod) => pod.become(name, (container) => ({ ...container, isUp: true })),
    told: (unit) => `the container ${name} of ${unit} is up`,
    isFair: true,
    announces: `${name}-pebble-ready`,
  },
  [restarts(name)]: {
    when: ({ containers }) => containers[name]?.isUp === true,
    becomes: (pod) => pod.become(name, (container) => restarted(container)),
    told: (unit) => `the container ${name} of ${unit} is lost, and started anew`,
  },
  [checksFail(name)]: {
    when: ({ containers: { [name]: container } }) =>
      container?.isUp === true &&
      checksIn(container).some((one) => !container.failing.includes(one)),
    becomes: (pod) =>
      pod.become(name, (container) => ({ ...container, failing: checksIn(container) })),
    told: (unit) => `the checks of ${name} of ${unit} fail`,
  },
  [checksRecover(name)]: {
    when: ({ containers }) => (containers[name]?.failing.length ?? 0) > 0,
    becomes: (pod) => pod.become(name, (container) => ({ ...container, failing: [] })),
    told: (unit) => `the checks of ${name} of ${unit} recover`,
    isFair: true,
  },
});

const tellingOf = (telling: Telling): Events => ({
  [tells(telling)]: {
    when: ({ containers }) => containers[telling.container]?.isUp === true,
    becomes: (pod) => pod.become(telling.container, (container) => noticed(container, telling.key)),
    told: (unit) => `${telling.container} of ${unit} notifies Pebble of ${telling.key}`,
  },
});
