/**
 * The versions of one databag over a run. Hooks are recorded in the order in which they ended; what
 * one commits is in force some time between its own place and the start of the unit's next hook.
 */

import type { Databag } from '../../../src/pgbouncer/relation/request.ts';
import { sameBag } from '../../../src/testing/same-bag.ts';

export interface Version {
  bag: Databag;
  /** The place from which on it may be seen. */
  readonly from: number;
  /** Who began after this place sees it, or a newer one. */
  readonly sure: number;
  /** The unit that wrote it, which sees it at once. */
  readonly by?: string;
  /** Written by somebody whose hooks were not recorded, and not read by anyone yet. */
  isUnknown?: boolean;
}

/** What the agent fills in by itself when a unit enters a relation. */
const ofAgent = ['egress-subnets', 'ingress-address', 'private-address'];

export class History {
  readonly versions: Version[] = [{ bag: {}, from: -1, sure: -1 }];
  /** Whether whoever writes it was recorded, so that nothing is in it but what was seen written. */
  readonly isKnown: boolean;
  #address: Databag | null = null;

  constructor(isKnown: boolean) {
    this.isKnown = isKnown;
  }

  get last(): Version {
    return this.versions.at(-1) as Version;
  }

  at(index: number): Version {
    return this.versions[Math.min(index, this.versions.length - 1)] as Version;
  }

  write(bag: Databag, from: number, sure: number, by: string): void {
    const whole = { ...this.#address, ...bag };
    if (!sameBag(whole, this.last.bag)) this.versions.push({ bag: whole, from, sure, by });
  }

  /** Which versions a hook may see that began after one place and ended at another. */
  range(began: number, ended: number, reader?: string): readonly [oldest: number, newest: number] {
    const last = (is: (version: Version) => boolean) => this.versions.findLastIndex(is);
    return [
      last(({ sure, from, by }) => sure <= began || (by === reader && from < ended)),
      last(({ from }) => from < ended),
    ];
  }

  /** The addresses of a unit are whatever its agent said first. */
  learnAddress(read: Databag): void {
    if (this.#address !== null) return;
    if (read['ingress-address'] === undefined) {
      this.#address = { 'ingress-address': 'an address' };
      return;
    }
    const address = Object.fromEntries(
      ofAgent.flatMap((key) => (read[key] === undefined ? [] : [[key, read[key]]])),
    );
    this.#address = address;
    for (const version of this.versions)
      if (!version.isUnknown) version.bag = { ...address, ...version.bag };
  }

  /** The first version in a range with this content, or -1. */
  find(bag: Databag, [oldest, newest]: readonly [number, number]): number {
    for (let at = Math.max(0, oldest); at <= newest; at++)
      if (!this.at(at).isUnknown && sameBag(this.at(at).bag, bag)) return at;
    return -1;
  }

  /** A content that somebody unseen has written, seen first by a hook that began after `oldest`. */
  insert(bag: Databag, oldest: number, newest: number, ended: number): number {
    for (let at = Math.max(0, oldest); at <= newest; at++) {
      const version = this.at(at);
      // A version is not what the one before it was.
      if (!version.isUnknown || sameBag(this.at(at - 1).bag, bag)) continue;
      version.bag = bag;
      version.isUnknown = false;
      return at;
    }
    const at = Math.max(0, oldest) + 1;
    const from = this.at(at - 1).from;
    this.versions.splice(at, 0, { bag, from, sure: ended });
    return at;
  }

  /** Somebody unseen has written something that nobody has read yet. */
  unread(ended: number): number {
    this.versions.push({
      bag: { unread: String(this.versions.length) },
      from: ended - 1,
      sure: ended,
      isUnknown: true,
    });
    return this.versions.length - 1;
  }
}
