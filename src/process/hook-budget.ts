/** What part of a hook may go by before nothing more is begun: the rest is for telling Juju. */
const share = 0.75;

/** The time of one hook, in milliseconds; it begins with its process where nothing else is said. */
export function hookBudget(milliseconds: number, began = 0) {
  let all = milliseconds;
  const left = (until: number) => began + until - performance.now();
  return {
    set: (budget: number): void => {
      all = budget;
    },
    /** Milliseconds that are left to the hook's tools. */
    ofTools: () => left(all),
    /** Milliseconds that are left to what the charm itself waits for. */
    ofServers: () => left(all * share),
    /** When nothing more is begun, on the clock of `performance`. */
    deadline: () => began + all * share,
  };
}
