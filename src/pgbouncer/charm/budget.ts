/** What part of a hook may go by before nothing more is begun: the rest is for telling Juju. */
const share = 0.75;

/** What a hook has before its configuration is known, in milliseconds: the least that can be set. */
const atFirst = 10_000;

/** The time of one hook, which begins with its process. */
export function hookBudget() {
  let milliseconds = atFirst;
  const left = (until: number) => until - performance.now();
  return {
    set: (budget: number): void => {
      milliseconds = budget;
    },
    /** Milliseconds that are left to the hook's tools. */
    ofTools: () => left(milliseconds),
    /** Milliseconds that are left to what waits for PostgreSQL and PgBouncer. */
    ofServers: () => left(milliseconds * share),
    /** When nothing more is begun, on the clock of `performance`. */
    deadline: () => milliseconds * share,
  };
}
