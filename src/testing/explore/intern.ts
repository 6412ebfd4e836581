/**
 * One object for each value: equal plain data become the same object, with a number that is the
 * same for equal values alone. What did not change between two worlds is compared by identity.
 */
export class Interner {
  readonly #numbers = new Map<unknown, number>();
  /** Canonical objects by a hash of their parts; those that share a hash are told apart. */
  readonly #known = new Map<number, object | object[]>();

  /** The object that stands for all values equal to this one. */
  canonical<Value extends object>(value: Value): Value {
    if (this.#numbers.has(value)) return value;
    return (Array.isArray(value) ? this.#array(value) : this.#record(value)) as Value;
  }

  /** The number of a value that `canonical` gave, or of a primitive. */
  numberOf(value: unknown): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    if (typeof value === 'object' && value !== null) throw new Error('not canonical');
    return this.#numbered(value);
  }

  #array(value: readonly unknown[]): object {
    let hash = value.length;
    const parts: unknown[] = [];
    for (const part of value) {
      const canonical = this.#part(part);
      hash = mixed(hash, this.numberOf(canonical));
      parts.push(canonical);
    }
    return this.#entered(hash, parts);
  }

  #record(value: object): object {
    const record = value as Record<string, unknown>;
    const keys = sortedKeys(record);
    let hash = ~keys.length;
    const made: Record<string, unknown> = {};
    for (const key of keys) {
      const part = record[key];
      if (part === undefined) continue;
      const canonical = this.#part(part);
      made[key] = canonical;
      hash = mixed(hash, this.numberOf(canonical));
    }
    return this.#entered(hash, made);
  }

  #entered(hash: number, made: object): object {
    const found = this.#known.get(hash);
    if (found === undefined) this.#known.set(hash, made);
    else if (isList(found)) {
      const twin = found.find((other) => isSame(other, made));
      if (twin !== undefined) return twin;
      found.push(made);
    } else {
      if (isSame(found, made)) return found;
      this.#known.set(hash, new Bucket(found, made));
    }
    this.#numbered(made);
    return made;
  }

  #numbered(value: unknown): number {
    const number = this.#numbers.size + 1;
    this.#numbers.set(value, number);
    return number;
  }

  #part(value: unknown): unknown {
    return typeof value === 'object' && value !== null ? this.canonical(value) : value;
  }
}

class Bucket extends Array<object> {}

const isList = (found: object): found is Bucket => found instanceof Bucket;

const mixed = (hash: number, number: number): number => {
  const next = Math.imul(hash ^ number, 0x9e3779b1);
  return next ^ (next >>> 15);
};

/** Their parts are canonical, so they are equal where they are the same. */
function isSame(one: object, other: object): boolean {
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const left = one as Record<string, unknown>;
  const right = other as Record<string, unknown>;
  let count = 0;
  for (const key in left) {
    if (left[key] !== right[key] || !(key in right)) return false;
    count += 1;
  }
  for (const _ in right) count -= 1;
  return count === 0;
}

function sortedKeys(record: object): readonly string[] {
  const keys = Object.keys(record);
  for (let at = 1; at < keys.length; at++)
    if ((keys[at - 1] as string) > (keys[at] as string)) return keys.sort();
  return keys;
}
