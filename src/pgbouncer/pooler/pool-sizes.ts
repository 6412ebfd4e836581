export interface PoolSizes {
  readonly defaultSize: number;
  readonly minimum: number;
  readonly reserve: number;
}

/**
 * Pool sizes of one process: half of its share of the connections by default, a quarter kept open
 * and a quarter in reserve; 20, 10 and 10 where the connections have no limit (0).
 */
export function poolSizes(connections: number, processes: number): PoolSizes {
  if (!Number.isInteger(processes) || processes < 1)
    throw new RangeError(`a unit has at least one PgBouncer process, not ${processes}`);
  if (!Number.isInteger(connections) || connections < 0)
    throw new RangeError(`max_db_connections is 0 or more, not ${connections}`);
  if (connections === 0) return { defaultSize: 20, minimum: 10, reserve: 10 };
  const share = connections / processes;
  const quarter = Math.ceil(share / 4);
  return { defaultSize: Math.ceil(share / 2), minimum: quarter, reserve: quarter };
}
