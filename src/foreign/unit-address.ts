/** Addresses of units that nobody ever reaches: the same ones each time. */
import type { Databag } from '../juju/index.ts';

/** The address of a unit, which its name decides. */
export function addressOf(unit: string): string {
  const [application = '', number = '0'] = unit.split('/');
  let sum = 7;
  for (const letter of application) sum = (sum * 31 + letter.charCodeAt(0)) % 200;
  return `10.${10 + sum}.0.${Number(number) + 10}`;
}

/** What Juju itself writes to the databag of each unit. */
export const addressesOf = (unit: string): Databag => ({
  'egress-subnets': `${addressOf(unit)}/32`,
  'ingress-address': addressOf(unit),
  'private-address': addressOf(unit),
});

/** What `network-get` shows. */
export const networkOf = (unit: string) => ({
  'bind-addresses': [
    {
      'mac-address': '',
      'interface-name': 'eth0',
      addresses: [{ hostname: '', value: addressOf(unit), cidr: `${addressOf(unit)}/32` }],
    },
  ],
  'egress-subnets': [`${addressOf(unit)}/32`],
  'ingress-addresses': [addressOf(unit)],
});
