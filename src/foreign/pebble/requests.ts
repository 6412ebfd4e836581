/** Pebble's API on one container: what is asked by HTTP, and what is answered. */
import type { Call } from '../call.ts';
import { type Container, type Notice, noticed, ServiceRefused, serviceInfos } from './container.ts';
import { filesChanged, filesRead } from './file-requests.ts';
import { PathRefused } from './file-tree.ts';
import { isSection, layerOf, PlanRefused, planOf, printed, withLayer } from './plan.ts';
import { type Asked, contentOf, listOf, now, type Reply, refused, sync } from './reply.ts';

/** What a request does, in words, as a call of a tool is told; null where it is not worth a line. */
export interface Doing {
  readonly call: Pick<Call, 'args' | 'input'>;
  readonly isWriting: boolean;
}

/** What it is that a request asks for. */
export function doingOf(asked: Asked): Doing | null {
  const { method, url } = asked;
  const what = `${method} ${url.pathname}`;
  const content = method === 'POST' ? contentOf(asked) : {};
  const wrote = (...args: string[]): Doing => ({ call: { args, input: '' }, isWriting: true });
  const named = (key: string) =>
    listOf(content[key]).flatMap((one) => (isSection(one) ? [String(one.path)] : [String(one)]));
  switch (what) {
    case 'POST /v1/layers': {
      const { args } = wrote('add-layer', String(content.label)).call;
      return { call: { args, input: String(content.layer) }, isWriting: true };
    }
    case 'POST /v1/services':
      return wrote(String(content.action), ...named('services'));
    case 'POST /v1/signals':
      return wrote('signal', String(content.signal), ...named('services'));
    case 'POST /v1/exec':
      return wrote('exec', ...named('command'));
    case 'POST /v1/notices':
      return wrote('notify', String(content.key));
    case 'POST /v1/files':
      return wrote(String(content.action), ...named('files'), ...named('dirs'), ...named('paths'));
    case 'GET /v1/files': {
      const args = [`${url.searchParams.get('action')}`, `${url.searchParams.get('path')}`];
      return { call: { args, input: '' }, isWriting: false };
    }
    default:
      return null;
  }
}

/** Answers all but what goes on after the answer: changes and programs. */
export function replyTo(asked: Asked, container: Container): Reply {
  const { method, url } = asked;
  try {
    switch (`${method} ${url.pathname}`) {
      case 'GET /v1/system-info':
        return sync({ version: 'v1.32.1', 'boot-id': 'hookchart', 'http-address': '' });
      case 'GET /v1/health':
        return sync({ healthy: true });
      case 'GET /v1/warnings':
        return sync([]);
      case 'POST /v1/warnings':
        return sync(0);
      case 'GET /v1/plan':
        return sync(printed(planOf(container.layers)));
      case 'POST /v1/layers':
        return layerAdded(asked, container);
      case 'GET /v1/services':
        return sync(serviceInfos(container, namesIn(url)));
      case 'POST /v1/signals':
        return signalled(asked, container);
      case 'GET /v1/checks':
        return sync(checksOf(container, url));
      case 'POST /v1/checks':
        return sync({ changed: null });
      case 'GET /v1/notices':
        return sync(noticesOf(container, url));
      case 'POST /v1/notices':
        return notified(asked, container);
      case 'GET /v1/identities':
        return sync({});
      case 'POST /v1/identities':
        return sync(null);
      case 'GET /v1/logs':
        return { status: 200, type: 'application/x-ndjson', body: Buffer.alloc(0) };
      case 'GET /v1/files':
        return filesRead(url, container);
      case 'POST /v1/files':
        return filesChanged(asked, container);
      default:
        return noticeOrNothing(url, container);
    }
  } catch (error) {
    if (error instanceof PlanRefused || error instanceof ServiceRefused)
      return refused(400, error.message);
    if (error instanceof PathRefused)
      return refused(error.kind === 'not-found' ? 404 : 400, error.message, error.kind);
    throw error;
  }
}

function layerAdded(asked: Asked, container: Container): Reply {
  const { action, combine, label, format, layer } = contentOf(asked);
  if (action !== 'add') return refused(400, `invalid action "${action}"`);
  if (format !== 'yaml') return refused(400, `invalid format "${format}"`);
  const added = layerOf(String(label ?? ''), String(layer ?? ''));
  return sync(true, { ...container, layers: withLayer(container.layers, added, combine === true) });
}

function signalled(asked: Asked, container: Container): Reply {
  const { services } = contentOf(asked);
  const names = listOf(services).map(String);
  if (names.length === 0) return refused(400, 'must specify one or more services');
  const idle = names.find((name) => container.running[name] === undefined);
  if (idle === undefined) return sync(true);
  return refused(500, `cannot send signal to "${idle}": service is not running`);
}

/** Whether Pebble takes a key for one of a notice of somebody's own. */
export const isNoticeKey = (key: string): boolean =>
  /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+\/.+$/.test(key);

const checksOf = ({ layers, failing }: Container, url: URL) => {
  const names = namesIn(url);
  const level = url.searchParams.get('level');
  return Object.entries(planOf(layers).checks)
    .filter(([name]) => names.length === 0 || names.includes(name))
    .filter(([, check]) => level === null || check.level === level)
    .map(([name, { level: own, threshold, startup }]) => ({
      name,
      ...(own === undefined ? {} : { level: own }),
      startup: startup ?? 'enabled',
      status: failing.includes(name) ? 'down' : 'up',
      failures: failing.includes(name) ? (threshold ?? 3) : 0,
      threshold: threshold ?? 3,
      'change-id': 'checks',
    }));
};

const noticeOf = ({ type, key, occurrences, data }: Notice, number: number) => ({
  ...{ id: String(number + 1), 'user-id': null, type, key, occurrences },
  ...{ 'first-occurred': now, 'last-occurred': now, 'last-repeated': now },
  ...{ 'last-data': data, 'expire-after': '168h0m0s' },
});

const noticesOf = ({ notices }: Container, { searchParams }: URL) => {
  const [types, keys] = [searchParams.getAll('types'), searchParams.getAll('keys')];
  return notices
    .map(noticeOf)
    .filter(({ type }) => types.length === 0 || types.includes(type))
    .filter(({ key }) => keys.length === 0 || keys.includes(key));
};

function notified(asked: Asked, container: Container): Reply {
  const { action, type, key, data } = contentOf(asked);
  if (action !== 'add') return refused(400, `invalid action "${action}"`);
  if (type !== 'custom')
    return refused(400, `invalid type "${type}" (can only add "custom" notices)`);
  if (!isNoticeKey(String(key)))
    return refused(400, `invalid key "${key}" (must be in "domain.com/path" format)`);
  const last = isSection(data)
    ? Object.fromEntries(Object.entries(data).map(([name, value]) => [name, String(value)]))
    : {};
  const next = noticed(container, String(key), last);
  const id = String(next.notices.findIndex((notice) => notice.key === key) + 1);
  return sync({ id }, next);
}

function noticeOrNothing({ pathname }: URL, { notices }: Container): Reply {
  const id = /^\/v1\/notices\/(\d+)$/.exec(pathname)?.[1];
  const found = notices[Number(id) - 1];
  if (found !== undefined) return sync(noticeOf(found, Number(id) - 1));
  if (id !== undefined) return refused(404, `cannot find notice with ID "${id}"`, 'not-found');
  return refused(404, `invalid API endpoint requested: ${pathname}`);
}

const namesIn = ({ searchParams }: URL): readonly string[] =>
  searchParams.getAll('names').flatMap((names) => names.split(',').filter((name) => name !== ''));
