-- =====================================================================================================================
-- Page statistics, sinks: Parquet folders.
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- Statistics of each placement by hour, for the website's owner and for advertisers. Grain: one row per placement and
-- hour (UTC) in which it was viewed or clicked; final when it appears, never updated. Without late events (late/).
-- Folders: date=2026-11-22/hour=16/part-*, and _SUCCESS when the hour is complete.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE placement_stats_hourly (
    placement_id STRING,
    hour_timestamp TIMESTAMP(3) COMMENT 'start of the hour, UTC',
    view_count BIGINT COMMENT 'impressions',
    click_count BIGINT,
    user_count BIGINT COMMENT 'distinct visitors who viewed or clicked, exact',
    click_through_rate DOUBLE COMMENT 'click_count / view_count; NULL without a view',
    `date` STRING COMMENT 'yyyy-MM-dd, UTC',
    `hour` STRING COMMENT 'HH, UTC'
) PARTITIONED BY (`date`, `hour`) WITH (
    'connector' = 'filesystem',
    'path' = '${DATA_DIR}/placement_stats_hourly',
    'format' = 'parquet',
    'parquet.page.size' = '8192',
    'parquet.write.int64.timestamp' = 'true',
    'parquet.timestamp.time.unit' = 'millis',
    'parquet.utc-timezone' = 'true',
    'sink.shuffle-by-partition.enable' = 'true',
    'sink.partition-commit.trigger' = 'partition-time',
    'partition.time-extractor.timestamp-pattern' = '$date $hour:00:00',
    'sink.partition-commit.delay' = '1 h',
    'sink.partition-commit.watermark-time-zone' = 'UTC',
    'sink.partition-commit.policy.kind' = 'success-file'
);

-- ---------------------------------------------------------------------------------------------------------------------
-- Statistics of each placement by day, for the website's owner and for advertisers. Grain: one row per placement and
-- day (UTC) in which it was viewed or clicked; final when it appears, never updated. Without late events (late/).
-- Folders: date=2026-11-22/part-*, and _SUCCESS when the day is complete.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE placement_stats_daily (
    placement_id STRING,
    day_timestamp TIMESTAMP(3) COMMENT 'start of the day, UTC',
    view_count BIGINT COMMENT 'impressions',
    click_count BIGINT,
    user_count BIGINT COMMENT 'distinct visitors who viewed or clicked, exact',
    click_through_rate DOUBLE COMMENT 'click_count / view_count; NULL without a view',
    `date` STRING COMMENT 'yyyy-MM-dd, UTC'
) PARTITIONED BY (`date`) WITH (
    'connector' = 'filesystem',
    'path' = '${DATA_DIR}/placement_stats_daily',
    'format' = 'parquet',
    'parquet.page.size' = '8192',
    'parquet.write.int64.timestamp' = 'true',
    'parquet.timestamp.time.unit' = 'millis',
    'parquet.utc-timezone' = 'true',
    'sink.shuffle-by-partition.enable' = 'true',
    'sink.partition-commit.trigger' = 'partition-time',
    'partition.time-extractor.timestamp-pattern' = '$date 00:00:00',
    'sink.partition-commit.delay' = '1 d',
    'sink.partition-commit.watermark-time-zone' = 'UTC',
    'sink.partition-commit.policy.kind' = 'success-file'
);

-- ---------------------------------------------------------------------------------------------------------------------
-- Statistics of each page by hour, for the website's owner and for advertisers. Grain: one row per page and
-- hour (UTC) in which it was viewed or clicked; final when it appears, never updated. Without late events (late/).
-- Folders: date=2026-11-22/hour=16/part-*, and _SUCCESS when the hour is complete.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE page_stats_hourly (
    page_id STRING,
    hour_timestamp TIMESTAMP(3) COMMENT 'start of the hour, UTC',
    view_count BIGINT COMMENT 'impressions',
    click_count BIGINT,
    user_count BIGINT COMMENT 'distinct visitors who viewed or clicked, exact',
    click_through_rate DOUBLE COMMENT 'click_count / view_count; NULL without a view',
    `date` STRING COMMENT 'yyyy-MM-dd, UTC',
    `hour` STRING COMMENT 'HH, UTC'
) PARTITIONED BY (`date`, `hour`) WITH (
    'connector' = 'filesystem',
    'path' = '${DATA_DIR}/page_stats_hourly',
    'format' = 'parquet',
    'parquet.page.size' = '8192',
    'parquet.write.int64.timestamp' = 'true',
    'parquet.timestamp.time.unit' = 'millis',
    'parquet.utc-timezone' = 'true',
    'sink.shuffle-by-partition.enable' = 'true',
    'sink.partition-commit.trigger' = 'partition-time',
    'partition.time-extractor.timestamp-pattern' = '$date $hour:00:00',
    'sink.partition-commit.delay' = '1 h',
    'sink.partition-commit.watermark-time-zone' = 'UTC',
    'sink.partition-commit.policy.kind' = 'success-file'
);

-- ---------------------------------------------------------------------------------------------------------------------
-- Statistics of each page by day, for the website's owner and for advertisers. Grain: one row per page and
-- day (UTC) in which it was viewed or clicked; final when it appears, never updated. Without late events (late/).
-- Folders: date=2026-11-22/part-*, and _SUCCESS when the day is complete.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE page_stats_daily (
    page_id STRING,
    day_timestamp TIMESTAMP(3) COMMENT 'start of the day, UTC',
    view_count BIGINT COMMENT 'impressions',
    click_count BIGINT,
    user_count BIGINT COMMENT 'distinct visitors who viewed or clicked, exact',
    click_through_rate DOUBLE COMMENT 'click_count / view_count; NULL without a view',
    `date` STRING COMMENT 'yyyy-MM-dd, UTC'
) PARTITIONED BY (`date`) WITH (
    'connector' = 'filesystem',
    'path' = '${DATA_DIR}/page_stats_daily',
    'format' = 'parquet',
    'parquet.page.size' = '8192',
    'parquet.write.int64.timestamp' = 'true',
    'parquet.timestamp.time.unit' = 'millis',
    'parquet.utc-timezone' = 'true',
    'sink.shuffle-by-partition.enable' = 'true',
    'sink.partition-commit.trigger' = 'partition-time',
    'partition.time-extractor.timestamp-pattern' = '$date 00:00:00',
    'sink.partition-commit.delay' = '1 d',
    'sink.partition-commit.watermark-time-zone' = 'UTC',
    'sink.partition-commit.policy.kind' = 'success-file'
);

-- ---------------------------------------------------------------------------------------------------------------------
-- Events that came when their hour was closed, for whoever wants to add them up later. Grain: one row per event.
-- Folders: late/date=2026-11-22/hour=16/part-*, by the time at which the message was read.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE late (
    pipeline STRING,
    event_time TIMESTAMP(3) COMMENT 'UTC, to the second',
    event_type INT,
    banner_id STRING,
    placement_id STRING,
    page_id STRING,
    user_id STRING,
    partition_watermark TIMESTAMP(3) COMMENT 'what had closed the hour: 10 s behind the newest event before, UTC',
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
