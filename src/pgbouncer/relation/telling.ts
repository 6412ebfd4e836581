/**
 * What a provider's databag says of a refusal. Libraries compare codes: in v0 with the requirer's copy
 * of the databag, in v1 with those that the provider's own `data` keeps from before.
 */
import { bagKeys } from '../keys.ts';
import { isAnswer, withdrawn } from './answer.ts';
import type { Told } from './refusal.ts';
import { type Databag, requestsNamed } from './request.ts';

const key = bagKeys.status;

/** What is to be written into a databag so that its requirer is told. */
export function refusalDatabag(
  own: Databag,
  remote: Databag,
  told: Told,
  /** What was published before the request was spoiled stays. */
  isServed: boolean,
): Databag {
  const status = JSON.stringify([told]);
  if (isServed) return { ...withoutHistory(own), status };
  const refused = { ...withdrawn(own), status };
  const requests = remote.version === 'v1' ? requestsNamed(remote) : new Map();
  if (requests.size === 0) return refused;
  // A library of v1 reads nothing where there is no answer to a request of its own.
  const answers = [...requests.values()].map(({ resource, salt, 'request-id': id }) => ({
    ...{ resource, 'request-id': id, salt },
  }));
  return {
    ...refused,
    version: 'v1',
    data: JSON.stringify(Object.fromEntries(requests)),
    requests: JSON.stringify(answers),
  };
}

/** What is to be written where nothing is refused any more. */
export function relievedDatabag(own: Databag): Databag {
  if (own[key] === undefined) return {};
  if (!isAnswer(own)) return withdrawn(own);
  // Where the poolers are may be written in the same hook: what does not differ is not written here.
  const { data } = relieving(own, { ...own, [key]: '' });
  return data === undefined || data === own.data ? { [key]: '' } : { [key]: '', data };
}

/** An answer that takes back what the databag says: in v1 its `data` has to know what that was. */
export function relieving(own: Databag, answered: Databag): Databag {
  const told = parsed(own[key]);
  if (answered.version !== 'v1' || own.version !== 'v1' || !Array.isArray(told)) return answered;
  const raised = Object.fromEntries(told.map((one) => [one.code, one]));
  return { ...answered, data: JSON.stringify({ ...recordIn(answered), [key]: raised }) };
}

/** What was raised before is to be heard when it is raised again. */
function withoutHistory(own: Databag): Databag {
  const { [key]: before, ...data } = recordIn(own);
  return own.version !== 'v1' || before === undefined ? {} : { data: JSON.stringify(data) };
}

function recordIn({ data }: Databag): Readonly<Record<string, unknown>> {
  const found = parsed(data);
  return typeof found === 'object' && found !== null ? { ...found } : {};
}

function parsed(text = 'null'): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
