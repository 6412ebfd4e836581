import type { Bag } from './port.ts';

/** Something for each databag, found again by the databag's own words: none is made up to look it up. */
export class BagMap<Value> {
  readonly #known = new Map<Bag['_tag'], Map<string | number, Value>>();

  get(bag: Bag): Value | undefined {
    return this.#known.get(bag?._tag)?.get(within(bag));
  }

  has(bag: Bag): boolean {
    return this.get(bag) !== undefined;
  }

  set(bag: Bag, value: Value): void {
    const alike = this.#known.get(bag._tag) ?? new Map<string | number, Value>();
    this.#known.set(bag._tag, alike.set(within(bag), value));
  }
}

/** What tells a databag from others of its kind. */
function within(bag: Bag): string | number {
  switch (bag._tag) {
    case 'PeerApp':
      return '';
    case 'PeerUnit':
      return bag.unit;
    case 'RemoteApp':
    case 'OwnApp':
      return bag.relation;
    case 'RemoteUnit':
    case 'OwnUnit':
      return `${bag.relation} ${bag.unit}`;
  }
}
