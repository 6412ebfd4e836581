import type { Grant } from '../../../machines/index.ts';
import type { LedgerRecord } from './ledger.ts';

/** The records of a ledger, which whoever has it may change. */
export interface Records extends ReadonlyMap<number, LedgerRecord> {
  readonly set: (relation: number, record: LedgerRecord) => unknown;
  readonly delete: (relation: number) => boolean;
}

/** Records that are read when they are asked for: a hook is about one or two of thousands. */
export class RecordMap implements Records {
  /** Those that were not read yet by their offsets; empty once all were read. */
  #some: Map<number, LedgerRecord | number>;
  #all: Map<number, LedgerRecord> | null = null;
  readonly #readAt: (offset: number) => Grant | null;

  constructor(
    records: Map<number, LedgerRecord | number>,
    readAt: (offset: number) => Grant | null,
  ) {
    this.#some = records;
    this.#readAt = readAt;
  }

  get size(): number {
    return (this.#all ?? this.#some).size;
  }

  has(relation: number): boolean {
    return (this.#all ?? this.#some).has(relation);
  }

  get(relation: number): LedgerRecord | undefined {
    if (this.#all !== null) return this.#all.get(relation);
    const known = this.#some.get(relation);
    if (typeof known !== 'number') return known;
    const record = this.#read(known);
    this.#some.set(relation, record);
    return record;
  }

  set(relation: number, record: LedgerRecord): this {
    (this.#all ?? this.#some).set(relation, record);
    return this;
  }

  delete(relation: number): boolean {
    return (this.#all ?? this.#some).delete(relation);
  }

  keys(): MapIterator<number> {
    return (this.#all ?? this.#some).keys();
  }

  values(): MapIterator<LedgerRecord> {
    return this.#every().values();
  }

  entries(): MapIterator<[number, LedgerRecord]> {
    return this.#every().entries();
  }

  [Symbol.iterator](): MapIterator<[number, LedgerRecord]> {
    return this.entries();
  }

  forEach(each: (record: LedgerRecord, relation: number, records: Records) => void): void {
    for (const [relation, record] of this) each(record, relation, this);
  }

  #every(): Map<number, LedgerRecord> {
    if (this.#all !== null) return this.#all;
    const all = new Map<number, LedgerRecord>();
    for (const [relation, known] of this.#some)
      all.set(relation, typeof known === 'number' ? this.#read(known) : known);
    this.#all = all;
    this.#some = new Map();
    return all;
  }

  #read(offset: number): Grant {
    const record = this.#readAt(offset);
    if (record === null) throw new Error(`no record stands at ${offset} of the ledger any more`);
    return record;
  }
}
