/** What Pebble does on after it has answered: a change, with its tasks. */
import { act, type Container } from './container.ts';
import { type Asked, contentOf, listOf, now } from './reply.ts';

/** What becomes of the services of a container, as a change; `ServiceRefused` where nothing does. */
export function servicesChanged(asked: Asked, container: Container) {
  const { action, services } = contentOf(asked);
  const kind = String(action);
  const acted = act(container, kind, listOf(services).map(String));
  const tasks = [
    ...acted.stopped.map((name) => ['stop', name] as const),
    ...acted.started.map((name) => ['start', name] as const),
  ];
  return { kind, container: acted.container, tasks };
}

/** A change, as Pebble tells of it. */
export interface Change {
  readonly kind: string;
  readonly tasks: readonly (readonly [kind: string, service: string])[];
  /** Null as long as it goes on. */
  readonly ended: { readonly exit?: number; readonly error?: string } | null;
}

export function changeShown(id: string, { kind, tasks, ended }: Change): object {
  const isReady = ended !== null;
  const status = !isReady ? 'Doing' : ended.error === undefined ? 'Done' : 'Error';
  const times = { 'spawn-time': now, ...(isReady ? { 'ready-time': now } : {}) };
  const progress = { label: '', done: 1, total: 1 };
  const shown = tasks.map(([task, name], at) => ({
    ...{ id: `${id}${at}`, kind: task, summary: summaryOf(task, name), status, progress },
    ...times,
    ...(ended?.exit === undefined ? {} : { data: { 'exit-code': ended.exit } }),
  }));
  const summary = shown[0]?.summary ?? `${kind} - no services`;
  const err = ended?.error;
  return {
    ...{ id, kind, summary, status, tasks: shown, ready: isReady },
    ...(err === undefined ? {} : { err }),
    ...times,
  };
}

const summaryOf = (task: string, name: string): string =>
  task === 'exec'
    ? `Execute command "${name}"`
    : `${task === 'start' ? 'Start' : 'Stop'} service "${name}"`;
