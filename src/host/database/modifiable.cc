#include <algorithm>
#include <array>
#include <string_view>

#include "host/database/parameters.h"

namespace terrarium::database {
namespace {

// Sorted. A name that is not here is shown by DescribeParameters as not modifiable and refused when it is set.
constexpr std::string_view kModifiable[] = {
    "activate_all_roles_on_login", "auto_increment_increment", "auto_increment_offset", "autocommit", "back_log",
    "binlog_cache_size", "binlog_row_metadata", "binlog_rows_query_log_events", "binlog_stmt_cache_size",
    "block_encryption_mode", "bulk_insert_buffer_size", "character_set_client", "character_set_connection",
    "character_set_results", "character_set_server", "collation_connection", "collation_server", "completion_type",
    "concurrent_insert", "connect_timeout", "connection_memory_limit", "cte_max_recursion_depth",
    "default_collation_for_utf8mb4", "default_password_lifetime", "default_week_format", "div_precision_increment",
    "end_markers_in_json", "eq_range_index_dive_limit", "event_scheduler", "explicit_defaults_for_timestamp",
    "ft_boolean_syntax", "ft_max_word_len", "ft_min_word_len", "ft_query_expansion_limit", "general_log",
    "generated_random_password_length", "global_connection_memory_limit", "global_connection_memory_tracking",
    "group_concat_max_len", "histogram_generation_max_mem_size", "information_schema_stats_expiry", "init_connect",
    "innodb_adaptive_flushing", "innodb_adaptive_flushing_lwm", "innodb_adaptive_hash_index",
    "innodb_adaptive_hash_index_parts", "innodb_adaptive_max_sleep_delay", "innodb_autoextend_increment",
    "innodb_autoinc_lock_mode", "innodb_buffer_pool_dump_at_shutdown", "innodb_buffer_pool_dump_now",
    "innodb_buffer_pool_dump_pct", "innodb_buffer_pool_instances", "innodb_buffer_pool_load_abort",
    "innodb_buffer_pool_load_at_startup", "innodb_buffer_pool_load_now", "innodb_buffer_pool_size",
    "innodb_cmp_per_index_enabled", "innodb_commit_concurrency", "innodb_compression_failure_threshold_pct",
    "innodb_compression_level", "innodb_compression_pad_pct_max", "innodb_concurrency_tickets", "innodb_ddl_buffer_size",
    "innodb_ddl_threads", "innodb_deadlock_detect", "innodb_default_row_format", "innodb_fill_factor",
    "innodb_flush_neighbors", "innodb_flush_sync", "innodb_flushing_avg_loops", "innodb_ft_cache_size",
    "innodb_ft_enable_diag_print", "innodb_ft_enable_stopword", "innodb_ft_max_token_size", "innodb_ft_min_token_size",
    "innodb_ft_num_word_optimize", "innodb_ft_result_cache_limit", "innodb_ft_sort_pll_degree",
    "innodb_ft_total_cache_size", "innodb_io_capacity", "innodb_io_capacity_max", "innodb_lock_wait_timeout",
    "innodb_log_buffer_size", "innodb_log_spin_cpu_abs_lwm", "innodb_log_spin_cpu_pct_hwm", "innodb_lru_scan_depth",
    "innodb_max_dirty_pages_pct", "innodb_max_dirty_pages_pct_lwm", "innodb_max_purge_lag", "innodb_max_purge_lag_delay",
    "innodb_old_blocks_pct", "innodb_old_blocks_time", "innodb_online_alter_log_max_size", "innodb_open_files",
    "innodb_optimize_fulltext_only", "innodb_page_cleaners", "innodb_parallel_read_threads", "innodb_print_all_deadlocks",
    "innodb_purge_batch_size", "innodb_purge_rseg_truncate_frequency", "innodb_purge_threads", "innodb_random_read_ahead",
    "innodb_read_ahead_threshold", "innodb_read_io_threads", "innodb_rollback_on_timeout", "innodb_sort_buffer_size",
    "innodb_spin_wait_delay", "innodb_spin_wait_pause_multiplier", "innodb_stats_auto_recalc",
    "innodb_stats_include_delete_marked", "innodb_stats_method", "innodb_stats_on_metadata", "innodb_stats_persistent",
    "innodb_stats_persistent_sample_pages", "innodb_stats_transient_sample_pages", "innodb_status_output",
    "innodb_status_output_locks", "innodb_strict_mode", "innodb_sync_array_size", "innodb_sync_spin_loops",
    "innodb_table_locks", "innodb_thread_concurrency", "innodb_thread_sleep_delay", "innodb_use_fdatasync",
    "innodb_write_io_threads", "interactive_timeout", "internal_tmp_mem_storage_engine", "join_buffer_size",
    "keep_files_on_create", "key_buffer_size", "key_cache_age_threshold", "key_cache_block_size",
    "key_cache_division_limit", "lc_messages", "lc_time_names", "lock_wait_timeout", "log_bin_trust_function_creators",
    "log_error_verbosity", "log_queries_not_using_indexes", "log_slow_admin_statements", "log_slow_extra",
    "log_throttle_queries_not_using_indexes", "long_query_time", "low_priority_updates", "max_allowed_packet",
    "max_connect_errors", "max_connections", "max_delayed_threads", "max_digest_length", "max_error_count",
    "max_execution_time", "max_heap_table_size", "max_join_size", "max_length_for_sort_data", "max_points_in_geometry",
    "max_prepared_stmt_count", "max_seeks_for_key", "max_sort_length", "max_sp_recursion_depth", "max_user_connections",
    "max_write_lock_count", "min_examined_row_limit", "net_buffer_length", "net_read_timeout", "net_retry_count",
    "net_write_timeout", "ngram_token_size", "old_alter_table", "optimizer_max_subgraph_pairs",
    "optimizer_prune_level", "optimizer_search_depth", "optimizer_switch", "optimizer_trace_limit",
    "optimizer_trace_max_mem_size", "parser_max_mem_size", "password_history", "password_require_current",
    "password_reuse_interval", "performance_schema", "performance_schema_digests_size",
    "performance_schema_max_digest_length", "performance_schema_max_sql_text_length", "preload_buffer_size",
    "print_identified_with_as_hex", "query_alloc_block_size", "query_prealloc_size", "range_alloc_block_size",
    "range_optimizer_max_mem_size", "read_buffer_size", "read_rnd_buffer_size", "regexp_stack_limit", "regexp_time_limit",
    "require_secure_transport", "restrict_fk_on_non_standard_key", "schema_definition_cache", "select_into_buffer_size",
    "select_into_disk_sync", "select_into_disk_sync_delay", "session_track_gtids", "session_track_schema",
    "session_track_state_change", "session_track_system_variables", "session_track_transaction_info",
    "show_create_table_verbosity", "show_gipk_in_create_table_and_information_schema", "slow_launch_time",
    "slow_query_log", "sort_buffer_size", "sql_generate_invisible_primary_key", "sql_mode", "sql_require_primary_key",
    "stored_program_cache", "stored_program_definition_cache", "table_definition_cache", "table_open_cache",
    "table_open_cache_instances", "tablespace_definition_cache", "temptable_max_mmap", "temptable_max_ram",
    "thread_cache_size", "thread_stack", "time_zone", "tmp_table_size", "transaction_alloc_block_size",
    "transaction_isolation", "transaction_prealloc_size", "updatable_views_with_limit", "wait_timeout",
    "windowing_use_high_precision",
};
static_assert(std::ranges::is_sorted(kModifiable));

}  // namespace

bool IsModifiable(std::string_view name) { return std::ranges::binary_search(kModifiable, name); }

}  // namespace terrarium::database
