-- =====================================================================================================================
-- Accounting, audit: what was read, so that `python -m jobs.audit` can tell whether every message is there.
-- Grain: one row per message at which something begins or breaks.
--
-- The pipeline gives a view `noted_messages`: all that are more than an event that counts.
-- Runs when RUNTIME_MODE is streaming (the default).
-- =====================================================================================================================

INSERT INTO audit_offsets
SELECT
    '${PIPELINE}' AS pipeline,
    topic,
    kafka_partition,
    kafka_offset,
    previous_offset,
    arrival AS arrival_minute,
    previous_arrival AS previous_arrival_minute,
    problem IS NOT NULL AND problem = 'punctuation' AS is_punctuation,
    CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3)) AS read_at,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'yyyy-MM-dd') AS `date`
FROM noted_messages
WHERE begins_stretch OR problem = 'punctuation';
