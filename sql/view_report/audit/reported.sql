-- sqlfluff:dialect:duckdb
-- sqlfluff:exclude_rules:AL03,RF04,ST06,ST07
-- =====================================================================================================================
-- View report, for the audit (DuckDB): how many views the report holds, and the sum of their durations in milliseconds.
-- Grain: one row per minute.
-- =====================================================================================================================

SELECT
    strptime(url_decode(minute_timestamp), '%Y-%m-%d %H:%M:%S') AS minute,
    sum(total_count) AS events,
    cast(sum(round(avg_duration * total_count * 1000)) AS BIGINT) AS amount
FROM
    read_parquet(
        '${DATA_DIR}/view_report/*/*/part-*', hive_partitioning = true, hive_types_autocast = false
    )
GROUP BY ALL
