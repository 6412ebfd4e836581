/** What DatabagsGo asks of a charm that has a server to clear away on: as long as that one is there. */
export const RecordsGo = {
  claims: 'While the backend is there, nothing is on record of a relation that is gone.',
  check({ atRest, application, relations, units }) {
    const all = Object.values(relations);
    const isThere = all.some(({ endpoint, dying }) => endpoint === 'backend-database' && !dying);
    const isGoing = Object.values(units).some(({ dying }) => dying);
    if (!atRest || !isThere || isGoing || application.leader === null) return [];
    const peers = all.find(({ isPeer }) => isPeer);
    return Object.keys(peers?.databags[application.name] ?? {}).flatMap((key) => {
      const id = /^relation-(\d+)/.exec(key)?.[1];
      const isGone = id !== undefined && relations[id] === undefined;
      return isGone ? [`${key} is on record, and relation ${id} is gone`] : [];
    });
  },
};
