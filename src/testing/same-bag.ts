import type { Databag } from '../juju/port.ts';

export function sameBag(one: Databag, other: Databag): boolean {
  if (one === other) return true;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
