-- sqlfluff:dialect:duckdb
-- sqlfluff:exclude_rules:AL03,RF04,ST06,ST07
-- =====================================================================================================================
-- View report, for the audit (DuckDB): how many views the report holds, and the sum of their durations in milliseconds.
-- Grain: one row per minute.
-- =====================================================================================================================

SELECT
    minute_timestamp AS minute,
    sum(total_count) AS events,
    cast(sum(round(avg_duration * total_count * 1000)) AS BIGINT) AS amount
FROM view_report
GROUP BY ALL
