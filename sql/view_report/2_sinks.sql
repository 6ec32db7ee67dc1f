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
-- Messages that cannot be used, for whoever has to find out why. Grain: one row per rejected Kafka message.
-- Folders: rejected/date=2026-11-22/hour=16/part-*, by the time at which the message was read.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE rejected (
    payload BYTES COMMENT 'the message unchanged',
    message_key BYTES,
    headers MAP <STRING, BYTES> COMMENT 'of several with one name, the last',
    topic STRING,
    kafka_partition INT,
    kafka_offset BIGINT,
    kafka_timestamp TIMESTAMP(3) COMMENT 'UTC, as in Kafka',
    rejected_at TIMESTAMP(3) COMMENT 'UTC, when the pipeline read it',
    pipeline STRING,
    pipeline_version STRING COMMENT 'of the SQL, as the launcher printed it',
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

-- ---------------------------------------------------------------------------------------------------------------------
-- For the audit: how many views the report counts, and from where they came. Grain: one row per Kafka partition, minute
-- of the report and minute of arrival; final when it appears.
-- Folders: audit/reported/date=2026-11-22/part-*, by the time at which the minute was finished.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE audit_reported (
    pipeline STRING,
    topic STRING,
    kafka_partition INT,
    event_minute TIMESTAMP(3) COMMENT 'start of the minute in which the views ended, UTC',
    arrival_minute TIMESTAMP(3) COMMENT 'by the clock of the partition: start of the minute of its watermark, UTC',
    events BIGINT,
    amount BIGINT COMMENT 'what the report is made of: here the sum of all durations, milliseconds',
    `date` STRING COMMENT 'yyyy-MM-dd, UTC'
) PARTITIONED BY (`date`) WITH (
    'connector' = 'filesystem',
    'path' = '${DATA_DIR}/audit/reported',
    'format' = 'parquet',
    'parquet.page.size' = '8192',
    'parquet.write.int64.timestamp' = 'true',
    'parquet.timestamp.time.unit' = 'millis',
    'parquet.utc-timezone' = 'true',
    'sink.shuffle-by-partition.enable' = 'true'
);

-- ---------------------------------------------------------------------------------------------------------------------
-- For the audit: which offsets were read. Offsets count messages, so only those are noted where something begins or
-- breaks. Grain: one row per message that is the first one ever read of its partition, or the first of a minute of
-- arrival, or behind a gap (Kafka had deleted what lies between), or a punctuation.
--
-- Arrival is told by the partition's own clock, its watermark, which only goes forward: the messages of one partition
-- and arrival minute are one stretch of offsets.
-- Folders: audit/offsets/date=2026-11-22/part-*, by the time at which the message was read.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE audit_offsets (
    pipeline STRING,
    topic STRING,
    kafka_partition INT,
    kafka_offset BIGINT,
    previous_offset BIGINT COMMENT 'of the message read before; NULL when this is the first one ever',
    arrival_minute TIMESTAMP(3) COMMENT 'UTC; NULL before the first view of a partition',
    previous_arrival_minute TIMESTAMP(3) COMMENT 'that of the message before, UTC',
    is_punctuation BOOLEAN COMMENT 'true: no event, but a message of the pipeline itself that tells of silence',
    read_at TIMESTAMP(3) COMMENT 'UTC',
    `date` STRING COMMENT 'of read_at, yyyy-MM-dd, UTC'
) PARTITIONED BY (`date`) WITH (
    'connector' = 'filesystem',
    'path' = '${DATA_DIR}/audit/offsets',
    'format' = 'parquet',
    'parquet.page.size' = '8192',
    'parquet.write.int64.timestamp' = 'true',
    'parquet.timestamp.time.unit' = 'millis',
    'parquet.utc-timezone' = 'true',
    'sink.shuffle-by-partition.enable' = 'true'
);
