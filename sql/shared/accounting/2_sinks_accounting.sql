-- =====================================================================================================================
-- Accounting, sinks: Parquet folders that all pipelines write to, so that no message disappears without a row.
-- Each pipeline that has these files (links to sql/shared/accounting/) runs them with its own.
-- Runs when RUNTIME_MODE is streaming (the default).
-- =====================================================================================================================

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
-- For the audit: how many events the result counts, and from where they came. Grain: one row per Kafka partition,
-- window of the result and interval of arrival, both a minute or what the pipeline takes; final when it appears.
-- Folders: audit/reported/date=2026-11-22/part-*, by the time at which the window was finished.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE audit_reported (
    pipeline STRING,
    topic STRING,
    kafka_partition INT,
    event_minute TIMESTAMP(3) COMMENT 'start of the window that counts the events, UTC',
    arrival_minute TIMESTAMP(3) COMMENT 'by the clock of the partition: start of the interval its watermark is in, UTC',
    events BIGINT,
    amount BIGINT COMMENT 'a sum that the result is made of; the pipeline says which',
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
-- breaks. Grain: one row per message that is the first one ever read of its partition, or the first of an
-- interval of arrival (a minute, or what the pipeline takes instead), or behind a gap (Kafka had deleted what lies
-- between), or a punctuation.
--
-- Arrival is told by the partition's own clock, its watermark, which only goes forward: the messages of one partition
-- and interval are one stretch of offsets.
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
