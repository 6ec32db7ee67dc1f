-- =====================================================================================================================
-- View report, sinks: Parquet folders.
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- The minute report, for advertisers. Grain: one row per campaign and minute in which it was viewed; final when it
-- appears, never updated.
--
-- Folders: network_id=3/minute_timestamp=2026-11-22 16%3A07%3A00/part-*.parquet, and _SUCCESS when the minute is
-- complete. A campaign that no campaigns file names is under network_id=__HIVE_DEFAULT_PARTITION__, which readers know
-- as NULL.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE view_report (
    campaign_id INT,
    network_id INT,
    minute_timestamp STRING COMMENT 'start of the minute, UTC, yyyy-MM-dd HH:mm:ss',
    avg_duration DOUBLE COMMENT 'seconds, exact to the millisecond: sum of durations / number of views',
    total_count INT COMMENT 'views that ended in this minute'
) PARTITIONED BY (network_id, minute_timestamp) WITH (
    'connector' = 'filesystem',
    'path' = '${DATA_DIR}/view_report',
    'format' = 'parquet',
    -- An open file costs heap: 2 MB with the default page size, little with this one. Catching up on three minutes of
    -- backlog with 5,000 networks opens 15,000 files at once.
    'parquet.page.size' = '8192',
    'partition.default-name' = '__HIVE_DEFAULT_PARTITION__',
    -- One writer, and so one file, per folder.
    'sink.shuffle-by-partition.enable' = 'true',
    -- _SUCCESS when the watermark has passed the end of the minute and its files are visible.
    'sink.partition-commit.trigger' = 'partition-time',
    'partition.time-extractor.timestamp-pattern' = '$minute_timestamp',
    'sink.partition-commit.delay' = '1 min',
    'sink.partition-commit.watermark-time-zone' = 'UTC',
    'sink.partition-commit.policy.kind' = 'success-file'
);

-- ---------------------------------------------------------------------------------------------------------------------
-- Messages that cannot be used, for whoever has to find out why. Grain: one row per rejected Kafka message, each in
-- exactly one row here or counted in exactly one of the report.
-- Folders: rejected/date=2026-11-22/hour=16/part-*, by the time at which the message was read.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE rejected (
    payload BYTES COMMENT 'the message unchanged',
    message_key BYTES,
    topic STRING,
    kafka_partition INT,
    kafka_offset BIGINT,
    kafka_timestamp TIMESTAMP(3) COMMENT 'UTC, as in Kafka',
    rejected_at TIMESTAMP(3) COMMENT 'UTC, when the pipeline read it',
    pipeline STRING,
    reason STRING COMMENT 'a stable code',
    detail STRING COMMENT 'one sentence',
    `date` STRING COMMENT 'of rejected_at, yyyy-MM-dd, UTC',
    `hour` STRING COMMENT 'of rejected_at, HH, UTC'
) PARTITIONED BY (`date`, `hour`) WITH (
    'connector' = 'filesystem',
    'path' = '${DATA_DIR}/rejected',
    'format' = 'parquet',
    'parquet.page.size' = '8192',
    -- Timestamps as 64-bit UTC, not as the deprecated INT96 in the time zone of whatever machine wrote them.
    'parquet.write.int64.timestamp' = 'true',
    'parquet.timestamp.time.unit' = 'millis',
    'parquet.utc-timezone' = 'true',
    'sink.shuffle-by-partition.enable' = 'true'
);
