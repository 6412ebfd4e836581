const plain: ReadonlySet<string> = new Set([
  'install',
  'start',
  'config-changed',
  'update-status',
  'upgrade-charm',
  'stop',
  'remove',
  'leader-elected',
  'leader-settings-changed',
  'collect-metrics',
  'meter-status-changed',
  'pre-series-upgrade',
  'post-series-upgrade',
  'secret-changed',
  'secret-expired',
  'secret-remove',
  'secret-rotate',
]);

const ofSomething =
  /^.+-(?:relation-(?:created|joined|changed|departed|broken)|storage-(?:attached|detaching)|pebble-(?:ready|custom-notice|check-failed|check-recovered))$/;

/** Whether Juju calls a hook of this name by itself: others are the charm's own words. */
export const isJujuHook = (name: string): boolean => plain.has(name) || ofSomething.test(name);
