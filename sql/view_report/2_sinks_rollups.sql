-- =====================================================================================================================
-- View report, sinks of the roll-ups: Parquet folders by day, so that a year of them is cheap to read.
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------------------------------
-- The hour report, for advertisers. Grain: one row per campaign, network and hour in which it was viewed; final when it
-- appears, never updated, and the sum of the minute report's rows. Like these it does not contain late views (late/).
--
-- An hour is one on the clock of ${REPORT_TIME_ZONE}. When that clock is turned back, the hour that comes twice is two
-- rows. A campaign that was moved to another network within an hour has a row in each.
--
-- Folders: date=2026-11-22/part-*.parquet, the day in ${REPORT_TIME_ZONE}; _SUCCESS when the day is complete.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE view_report_hourly (
    campaign_id INT,
    network_id INT,
    hour_timestamp TIMESTAMP(3) COMMENT 'start of the hour, UTC',
    avg_duration DOUBLE COMMENT 'seconds, exact to the millisecond: sum of durations / number of views',
    total_count BIGINT COMMENT 'views that ended in this hour',
    `date` STRING COMMENT 'day in the time zone of the report, yyyy-MM-dd'
) PARTITIONED BY (`date`) WITH (
    'connector' = 'filesystem',
    'path' = '${DATA_DIR}/view_report_hourly',
    'format' = 'parquet',
    'parquet.page.size' = '8192',
    'parquet.write.int64.timestamp' = 'true',
    'parquet.timestamp.time.unit' = 'millis',
    'parquet.utc-timezone' = 'true',
    'sink.shuffle-by-partition.enable' = 'true',
    'sink.partition-commit.trigger' = 'partition-time',
    'partition.time-extractor.timestamp-pattern' = '$date 00:00:00',
    'sink.partition-commit.delay' = '1 d',
    'sink.partition-commit.watermark-time-zone' = '${REPORT_TIME_ZONE:-UTC}',
    'sink.partition-commit.policy.kind' = 'success-file'
);

-- ---------------------------------------------------------------------------------------------------------------------
-- The day report, for advertisers. Grain: one row per campaign, network and day in which it was viewed; final when it
-- appears, never updated, and the sum of the hour report's rows. Without late views, too.
--
-- A day is one in ${REPORT_TIME_ZONE}; it may have 23 or 25 hours.
-- Folders: date=2026-11-22/part-*.parquet and, when it is complete, _SUCCESS.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE view_report_daily (
    campaign_id INT,
    network_id INT,
    day_timestamp TIMESTAMP(3) COMMENT 'start of the day, UTC: 04:00 or 05:00 for New York',
    avg_duration DOUBLE COMMENT 'seconds, exact to the millisecond: sum of durations / number of views',
    total_count BIGINT COMMENT 'views that ended on this day',
    `date` STRING COMMENT 'day in the time zone of the report, yyyy-MM-dd'
) PARTITIONED BY (`date`) WITH (
    'connector' = 'filesystem',
    'path' = '${DATA_DIR}/view_report_daily',
    'format' = 'parquet',
    'parquet.page.size' = '8192',
    'parquet.write.int64.timestamp' = 'true',
    'parquet.timestamp.time.unit' = 'millis',
    'parquet.utc-timezone' = 'true',
    'sink.shuffle-by-partition.enable' = 'true',
    'sink.partition-commit.trigger' = 'partition-time',
    'partition.time-extractor.timestamp-pattern' = '$date 00:00:00',
    -- Where a midnight comes twice, the day before it is final an hour later (3_rollups.sql).
    'sink.partition-commit.delay' = '25 h',
    'sink.partition-commit.watermark-time-zone' = '${REPORT_TIME_ZONE:-UTC}',
    'sink.partition-commit.policy.kind' = 'success-file'
);
