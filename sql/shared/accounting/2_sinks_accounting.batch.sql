-- =====================================================================================================================
-- Accounting of files, sinks: Parquet folders that all pipelines write to. Running a file again replaces its rows.
-- Runs when RUNTIME_MODE is batch.
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- Lines that cannot be used, for whoever has to find out why. Grain: one row per rejected line.
-- Folders: rejected_files/pipeline=page_stats/topic=2026-11-22T13.jsonl/part-*; topic is the name of the file.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE rejected (
    payload BYTES COMMENT 'the line unchanged; NULL of Parquet',
    message_key BYTES,
    headers MAP <STRING, BYTES> COMMENT 'of several with one name, the last',
    topic STRING COMMENT 'name of the file',
    kafka_partition INT,
    kafka_offset BIGINT,
    kafka_timestamp TIMESTAMP(3) COMMENT 'when the file was last changed, UTC',
    rejected_at TIMESTAMP(3) COMMENT 'UTC, when the pipeline read it',
    pipeline STRING,
    pipeline_version STRING COMMENT 'of the SQL, as the launcher printed it',
    reason STRING COMMENT 'a stable code',
    detail STRING COMMENT 'one sentence',
    `date` STRING COMMENT 'of rejected_at, yyyy-MM-dd, UTC',
    `hour` STRING COMMENT 'of rejected_at, HH, UTC'
) PARTITIONED BY (pipeline, topic) WITH (
    'connector' = 'filesystem',
    'path' = '${DATA_DIR}/rejected_files',
    'format' = 'parquet',
    'parquet.write.int64.timestamp' = 'true',
    'parquet.timestamp.time.unit' = 'millis',
    'parquet.utc-timezone' = 'true'
);

-- ---------------------------------------------------------------------------------------------------------------------
-- For the audit: what was read of each file and what became of it. Grain: one row per file; read = reported + rejected.
-- Folders: audit/files/pipeline=page_stats/topic=2026-11-22T13.jsonl/part-*
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE audit_files (
    pipeline STRING,
    topic STRING COMMENT 'name of the file',
    read_count BIGINT,
    reported_count BIGINT,
    rejected_count BIGINT,
    read_at TIMESTAMP(3) COMMENT 'UTC'
) PARTITIONED BY (pipeline, topic) WITH (
    'connector' = 'filesystem',
    'path' = '${DATA_DIR}/audit/files',
    'format' = 'parquet',
    'parquet.write.int64.timestamp' = 'true',
    'parquet.timestamp.time.unit' = 'millis',
    'parquet.utc-timezone' = 'true'
);
