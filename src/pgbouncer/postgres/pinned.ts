/**
 * Settings that every session has in its startup packet, where they win over those of a role and of
 * a database: tenants write these. Whatever names a function without its schema gets PostgreSQL's.
 */
export const pinned = {
  search_path: 'pg_catalog, pg_temp',
  role: 'none',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read committed',
  default_tablespace: '',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  local_preload_libraries: '',
  standard_conforming_strings: 'on',
  client_min_messages: 'warning',
  // With it a statement that fails and is tried once more ends the session.
  exit_on_error: 'off',
  tcp_user_timeout: '0',
} as const;

/** By which plans are chosen: whoever has a database may otherwise have every statement there take ages. */
const planning = {
  enable_async_append: 'on',
  enable_bitmapscan: 'on',
  enable_gathermerge: 'on',
  enable_hashagg: 'on',
  enable_hashjoin: 'on',
  enable_incremental_sort: 'on',
  enable_indexonlyscan: 'on',
  enable_indexscan: 'on',
  enable_material: 'on',
  enable_memoize: 'on',
  enable_mergejoin: 'on',
  enable_nestloop: 'on',
  enable_parallel_append: 'on',
  enable_parallel_hash: 'on',
  enable_partition_pruning: 'on',
  enable_partitionwise_aggregate: 'off',
  enable_partitionwise_join: 'off',
  enable_seqscan: 'on',
  enable_sort: 'on',
  enable_tidscan: 'on',
  seq_page_cost: '1',
  random_page_cost: '4',
  cpu_tuple_cost: '0.01',
  cpu_index_tuple_cost: '0.005',
  cpu_operator_cost: '0.0025',
  parallel_setup_cost: '1000',
  parallel_tuple_cost: '0.1',
  effective_cache_size: '4GB',
  min_parallel_table_scan_size: '8MB',
  min_parallel_index_scan_size: '512kB',
  jit: 'off',
  geqo: 'on',
  geqo_threshold: '12',
  geqo_effort: '5',
  geqo_pool_size: '0',
  geqo_generations: '0',
  geqo_selection_bias: '2',
  geqo_seed: '0',
  jit_above_cost: '100000',
  jit_inline_above_cost: '500000',
  jit_optimize_above_cost: '500000',
  from_collapse_limit: '8',
  join_collapse_limit: '8',
  constraint_exclusion: 'partition',
  cursor_tuple_fraction: '0.1',
  default_statistics_target: '100',
  plan_cache_mode: 'auto',
  work_mem: '4MB',
  hash_mem_multiplier: '2',
} as const;

/** The same of later versions, by the first that has it; one of before would let nobody in for it. */
const later: readonly (readonly [major: number, setting: string, value: string])[] = [
  [16, 'enable_presorted_aggregate', 'on'],
  [17, 'enable_group_by_reordering', 'on'],
  [17, 'transaction_timeout', '0'],
  [18, 'enable_distinct_reordering', 'on'],
  [18, 'enable_self_join_elimination', 'on'],
];

/** What is pinned beside that where tenants write the settings of a database and of its users. */
export const pinnedAmongOthers = (major: number): Readonly<Record<string, string>> => ({
  ...planning,

  ...Object.fromEntries(
    later.flatMap(([since, setting, value]) => (major < since ? [] : [[setting, value]])),
  ),
});
