/** Secrets that pass through a charm's ports: to be known again, wherever they turn up. */

/** Told of each text that is a secret. */
export type Hide = (text: string) => void;

/**
 * The same ports, in which each `Secret` that is given to a function of theirs, or comes back from
 * it, is told of. Ports that are instances of a class of their own are left alone: what they keep
 * private is nobody else's.
 */
export function overheard<Ports extends object>(ports: Ports, hide: Hide): Ports {
  const heard = Object.entries(ports).map(([name, port]) => [
    name,
    isPlain(port) ? overheardPort(port, hide) : port,
  ]);
  return Object.fromEntries(heard);
}

const overheardPort = (port: object, hide: Hide): object =>
  Object.fromEntries(
    Object.entries(port).map(([name, part]) => [
      name,
      typeof part === 'function' ? overheardCall(part.bind(port), hide) : part,
    ]),
  );

function overheardCall(call: (...given: unknown[]) => unknown, hide: Hide) {
  return (...given: unknown[]): unknown => {
    tellSecrets(given, hide);
    const result = call(...given);
    // What is asked of a port is often a thunk, to be called when it is wanted.
    if (typeof result === 'function') return overheardCall(result as typeof call, hide);
    if (!(result instanceof Promise)) return told(result, hide);
    return result.then((value: unknown) => told(value, hide));
  };
}

function told<Value>(value: Value, hide: Hide): Value {
  tellSecrets(value, hide);
  return value;
}

/** Goes through data, and through nothing else. */
function tellSecrets(value: unknown, hide: Hide, seen = new Set<object>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if ('secret' in value && typeof value.secret === 'string') {
    if (value.secret !== '') hide(value.secret);
    return;
  }
  if (Array.isArray(value) || value instanceof Map || value instanceof Set) {
    for (const part of value) tellSecrets(part, hide, seen);
  } else if (isPlain(value)) {
    for (const part of Object.values(value)) tellSecrets(part, hide, seen);
  }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
