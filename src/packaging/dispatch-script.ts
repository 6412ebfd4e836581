import type { CharmSource } from './source.ts';

const kinds = ['created', 'joined', 'changed', 'departed', 'broken'];
const lifecycle = [
  ...['collect-metrics', 'leader-elected', 'leader-settings-changed', 'update-status'],
  ...['secret-changed', 'secret-expired', 'secret-remove', 'secret-rotate', 'stop', 'remove'],
];

/** Hooks of which a charm has nothing to learn and in which it has nothing to do. */
export const idleHooks = (
  isIdle: CharmSource['isIdle'],
  endpoints: readonly string[],
  containers: readonly string[],
): readonly string[] =>
  [
    ...endpoints.flatMap((endpoint) => kinds.map((kind) => `${endpoint}-relation-${kind}`)),
    ...containers.map((container) => `${container}-pebble-ready`),
    ...lifecycle,
  ].filter((hook) => isIdle(hook));

/**
 * What Juju calls. A hook that is nothing to this charm is over before its program is started, unless a
 * deferred one waits for any occasion. A tool that hangs is ended. charmcraft takes the last word
 * of all for the charm's program, which must be there and be executable.
 */
export const dispatchScript = (idle: readonly string[], call: string): string => `#!/bin/sh
${idle.length === 0 ? '' : ending(idle)}cd "\${0%/*}" || exit 1
${call}
`;

const ending = (idle: readonly string[]): string => `case "\${JUJU_DISPATCH_PATH#hooks/}" in
${idle.join(' | ')})
  deferred=$(timeout -k 1 9 state-get --format=json deferred)
  case $? in
  0) [ "$deferred" = '""' ] && exit 0 ;;
  124 | 137) echo "\${JUJU_DISPATCH_PATH#hooks/}: state-get did not answer within 9 s" >&2; exit 1 ;;
  esac
  ;;
esac
`;
