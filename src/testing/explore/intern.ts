/**
 * One object for each value: equal plain data become the same object, with a number that is the
 * same for equal values alone. What did not change between two worlds is compared by identity.
 */
export class Interner {
  readonly #stamp = stamps();
  /** The numbers of texts, of figures, and of whatever else is no object. */
  readonly #primitives = new Map<unknown, number>();
  /** Canonical objects by a hash of their parts; those that share a hash are told apart. */
  readonly #known = new Map<number, object | Bucket>();
  #count = 0;

  /** The object that stands for all values equal to this one. */
  canonical<Value extends object>(value: Value): Value {
    if (this.#stamp.of(value) !== undefined) return value;
    return (Array.isArray(value) ? this.#array(value) : this.#record(value)) as Value;
  }

  /** The number of a value that `canonical` gave, or of a primitive. */
  numberOf(value: unknown): number {
    if (typeof value === 'object' && value !== null) {
      const stamped = this.#stamp.of(value);
      if (stamped === undefined) throw new Error('not canonical');
      return stamped;
    }
    const known = this.#primitives.get(value);
    if (known !== undefined) return known;
    this.#count += 1;
    this.#primitives.set(value, this.#count);
    return this.#count;
  }

  #array(value: readonly unknown[]): object {
    const parts: unknown[] = [];
    let hash = value.length;
    for (const part of value) {
      const canonical = this.#part(part);
      hash = mixed(hash, this.numberOf(canonical));
      parts.push(canonical);
    }
    return this.#find(hash, (other) => isSameList(other, parts)) ?? this.#entered(hash, parts);
  }

  #record(value: object): object {
    const record = value as Record<string, unknown>;
    const keys = sortedKeys(record);
    const parts: unknown[] = [];
    let hash = ~keys.length;
    for (const key of keys) {
      const part = this.#part(record[key]);
      hash = mixed(hash, this.numberOf(part));
      parts.push(part);
    }
    const known = this.#find(hash, (other) => isSameRecord(other, keys, parts));
    if (known !== undefined) return known;
    const made: Record<string, unknown> = {};
    for (let at = 0; at < keys.length; at++) made[keys[at] as string] = parts[at];
    return this.#entered(hash, made);
  }

  #find(hash: number, isSame: (other: object) => boolean): object | undefined {
    const found = this.#known.get(hash);
    if (found === undefined) return undefined;
    if (found instanceof Bucket) return found.objects.find(isSame);
    return isSame(found) ? found : undefined;
  }

  #entered(hash: number, made: object): object {
    const found = this.#known.get(hash);
    if (found === undefined) this.#known.set(hash, made);
    else if (found instanceof Bucket) found.objects.push(made);
    else this.#known.set(hash, new Bucket([found, made]));
    this.#count += 1;
    this.#stamp.put(made, this.#count);
    return made;
  }

  #part(value: unknown): unknown {
    return typeof value === 'object' && value !== null ? this.canonical(value) : value;
  }
}

class Bucket {
  readonly objects: object[];

  constructor(objects: object[]) {
    this.objects = objects;
  }
}

/**
 * Numbers kept in the objects themselves, where neither keys nor copies show them: a map of millions
 * of objects is what a search would spend most of its time in.
 */
function stamps() {
  class Given {
    constructor(object: object) {
      // biome-ignore lint/correctness/noConstructorReturn: the object gets the field of the class below.
      return object;
    }
  }
  return class Stamped extends Given {
    readonly #number: number;

    private constructor(object: object, number: number) {
      super(object);
      this.#number = number;
    }

    static put(object: object, number: number): void {
      new Stamped(object, number);
    }

    static of(object: object): number | undefined {
      return #number in object ? object.#number : undefined;
    }
  };
}

const mixed = (hash: number, number: number): number => {
  const next = Math.imul(hash ^ number, 0x9e3779b1);
  return next ^ (next >>> 15);
};

/** Parts are canonical, so that they are equal where they are the same. */
function isSameList(other: object, parts: readonly unknown[]): boolean {
  if (!Array.isArray(other) || other.length !== parts.length) return false;
  for (let at = 0; at < parts.length; at++) if (other[at] !== parts[at]) return false;
  return true;
}

function isSameRecord(other: object, keys: readonly string[], parts: readonly unknown[]): boolean {
  if (Array.isArray(other)) return false;
  const record = other as Record<string, unknown>;
  for (let at = 0; at < keys.length; at++)
    if (record[keys[at] as string] !== parts[at]) return false;
  let count = 0;
  for (const _ in record) count += 1;
  return count === keys.length;
}

/** The keys that hold anything, in one order for all records that have the same. */
function sortedKeys(record: Record<string, unknown>): readonly string[] {
  const keys: string[] = [];
  let isSorted = true;
  for (const key of Object.keys(record)) {
    if (record[key] === undefined) continue;
    if (isSorted && keys.length > 0 && (keys[keys.length - 1] as string) > key) isSorted = false;
    keys.push(key);
  }
  return isSorted ? keys : keys.sort();
}
