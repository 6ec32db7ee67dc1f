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
-- Views that came when their minute was closed, for whoever wants to add them up later. Grain: one row per view.
-- Folders: late/date=2026-11-22/hour=16/part-*, by the time at which the message was read.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE late (
    pipeline STRING,
    campaign_id INT,
    start_timestamp TIMESTAMP(3) COMMENT 'UTC',
    end_timestamp TIMESTAMP(3) COMMENT 'UTC',
    partition_watermark TIMESTAMP(3) COMMENT 'what had closed the minute: 10 s behind the newest view before, UTC',
    topic STRING,
    kafka_partition INT,
    kafka_offset BIGINT,
    kafka_timestamp TIMESTAMP(3) COMMENT 'UTC, as in Kafka',
    `date` STRING COMMENT 'when the pipeline read it, yyyy-MM-dd, UTC',
    `hour` STRING COMMENT 'when the pipeline read it, HH, UTC'
) PARTITIONED BY (`date`, `hour`) WITH (
    'connector' = 'filesystem',
    'path' = '${DATA_DIR}/late',
    'format' = 'parquet',
    'parquet.page.size' = '8192',
    'parquet.write.int64.timestamp' = 'true',
    'parquet.timestamp.time.unit' = 'millis',
    'parquet.utc-timezone' = 'true',
    'sink.shuffle-by-partition.enable' = 'true'
);
