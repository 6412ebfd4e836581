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
  const requests = remote[bagKeys.version] === 'v1' ? requestsNamed(remote) : new Map();
  if (requests.size === 0) return refused;
  // A library of v1 reads nothing where there is no answer to a request of its own.
  const answers = [...requests.values()].map(({ resource, salt, [bagKeys.requestId]: id }) => ({
    ...{ resource, [bagKeys.requestId]: id, salt },
  }));
  return {
    ...refused,
    [bagKeys.version]: 'v1',
    [bagKeys.data]: JSON.stringify(Object.fromEntries(requests)),
    [bagKeys.requests]: JSON.stringify(answers),
  };
}

/** What is to be written where nothing is refused any more. */
export function relievedDatabag(own: Databag): Databag {
  if (own[key] === undefined) return {};
  if (!isAnswer(own)) return withdrawn(own);
  // Where the poolers are may be written in the same hook: what does not differ is not written here.
  const { [bagKeys.data]: data } = relieving(own, { ...own, [key]: '' });
  return data === undefined || data === own[bagKeys.data]
    ? { [key]: '' }
    : { [key]: '', [bagKeys.data]: data };
}

/** An answer that takes back what the databag says: in v1 its `data` has to know what that was. */
export function relieving(own: Databag, answered: Databag): Databag {
  if (answered[bagKeys.version] !== 'v1' || own[bagKeys.version] !== 'v1') return answered;
  const told = parsed(own[key]);
  if (!Array.isArray(told)) return answered;
  const raised = Object.fromEntries(told.map((one) => [one.code, one]));
  return { ...answered, [bagKeys.data]: JSON.stringify({ ...recordIn(answered), [key]: raised }) };
}

/** What was raised before is to be heard when it is raised again. */
function withoutHistory(own: Databag): Databag {
  const { [key]: before, ...data } = recordIn(own);
  return own[bagKeys.version] !== 'v1' || before === undefined
    ? {}
    : { [bagKeys.data]: JSON.stringify(data) };
}

function recordIn({ [bagKeys.data]: data }: Databag): Readonly<Record<string, unknown>> {
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
