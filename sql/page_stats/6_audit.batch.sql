-- =====================================================================================================================
-- Page statistics over files, audit: what was read of each file and what became of it.
-- Runs when RUNTIME_MODE is batch.
-- =====================================================================================================================

INSERT INTO audit_files
SELECT
    '${PIPELINE}' AS pipeline,
    topic,
    COUNT(*) AS read_count,
    COUNT(*) FILTER (WHERE is_reported) AS reported_count,
    COUNT(*) FILTER (WHERE NOT is_reported) AS rejected_count,
    CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3)) AS read_at
FROM checked_banner_events
GROUP BY topic;
