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
  tcp_user_timeout: '0',
} as const;
