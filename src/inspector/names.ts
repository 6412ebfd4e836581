/** What eyes know units and databags by. */
import type { Bag } from '../juju/port.ts';

/** The application of a unit. */
export const applicationOf = (unit: string): string => unit.split('/')[0] ?? unit;

/** The name of a databag; the own side of a relation by the application's name. */
export function bagName(bag: Bag, own: string): string {
  switch (bag._tag) {
    case 'RemoteApp':
      return `relation ${bag.relation}: application`;
    case 'RemoteUnit':
      return `relation ${bag.relation}: ${bag.unit}`;
    case 'OwnApp':
      return `relation ${bag.relation}: ${own}`;
    case 'PeerApp':
      return 'peers: application';
    case 'PeerUnit':
      return `peers: ${bag.unit}`;
  }
}
