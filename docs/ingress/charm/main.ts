/** What is packed: the charm, and the nginx of its unit. */
import type { Whereabouts } from 'hookchart/juju';
import { nginx } from './nginx.ts';

export { charm } from './charm.ts';

export const port = 80;

export const ports = ({ variables }: Whereabouts) => ({
  proxy: nginx({
    program: variables.INGRESS_NGINX ?? '/usr/sbin/nginx',
    folder: variables.INGRESS_FOLDER ?? '/var/lib/ingress',
    listen: variables.INGRESS_LISTEN ?? `0.0.0.0:${port}`,
  }),
});
