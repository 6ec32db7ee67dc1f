-- sqlfluff:dialect:duckdb
-- sqlfluff:exclude_rules:AL03,RF04,ST06,ST07
-- =====================================================================================================================
-- Audit of any pipeline (DuckDB, run by `python -m jobs.audit`): is every message that was read in exactly one place?
--
-- Given are the rows of this pipeline in audit/offsets (offsets_noted), audit/reported (reported_counts), rejected/
-- (rejected_rows) and late/ (late_rows), and what its result holds: reported_rows (minute, events, amount).
--
-- Offsets count the messages: those of one partition follow each other without a gap unless Kafka deleted some. So what
-- was read is known without anybody having counted it.
-- =====================================================================================================================

-- The newest minute whose windows have closed: what belongs to it or an earlier one must be there. Grain: one row.
CREATE VIEW closed AS
SELECT max(event_minute) AS minute FROM reported_counts;

-- Messages that were never read. Grain: one row per gap; first_offset to last_offset are missing.
CREATE VIEW lost AS
SELECT
    kafka_partition,
    previous_offset + 1 AS first_offset,
    kafka_offset - 1 AS last_offset,
    read_at AS noticed_at
FROM offsets_noted
WHERE kafka_offset > previous_offset + 1;

-- ---------------------------------------------------------------------------------------------------------------------
-- What has a place in one partition, and which. Grain: one row per offset, lost ones and the pipeline's own among them;
-- reported ones are not here, they are counted.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE VIEW placed AS
SELECT
    'rejected' AS kind,
    kafka_partition,
    kafka_offset
FROM rejected_rows
UNION ALL
SELECT
    'late',
    kafka_partition,
    kafka_offset
FROM late_rows
UNION ALL
SELECT
    'punctuation',
    kafka_partition,
    kafka_offset
FROM offsets_noted
WHERE is_punctuation
UNION ALL
SELECT
    'lost',
    kafka_partition,
    unnest(range(first_offset, last_offset + 1))
FROM lost;

-- ---------------------------------------------------------------------------------------------------------------------
-- The messages of one partition that came in one minute of the partition's clock: the offsets from first_offset to
-- last_offset. Grain: Kafka partition and minute of arrival, NULL before the partition's first view.
--
-- Only minutes that are over everywhere: a message may be ten seconds ahead of its partition's watermark, and so belong
-- to the minute after that of its arrival.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE VIEW stretches AS
WITH ends AS (
    -- The first message ever read begins the first stretch: as if one had ended before it.
    SELECT
        kafka_partition,
        NULL AS arrival_minute,
        kafka_offset - 1 AS last_offset
    FROM offsets_noted
    WHERE previous_offset IS NULL
    UNION ALL
    SELECT
        kafka_partition,
        previous_arrival_minute,
        previous_offset
    FROM offsets_noted
    WHERE previous_offset IS NOT NULL AND arrival_minute IS DISTINCT FROM previous_arrival_minute
),

bounds AS (
    SELECT
        kafka_partition,
        arrival_minute,
        last_offset,
        1 + lag(last_offset) OVER (PARTITION BY kafka_partition ORDER BY last_offset, arrival_minute NULLS FIRST)
            AS first_offset
    FROM ends
),

places AS (
    SELECT
        bounds.kafka_partition,
        bounds.last_offset,
        count(*) FILTER (WHERE placed.kind = 'late') AS late,
        count(*) FILTER (WHERE placed.kind = 'rejected') AS rejected,
        count(*) FILTER (WHERE placed.kind = 'punctuation') AS punctuations,
        count(*) FILTER (WHERE placed.kind = 'lost') AS lost
    FROM bounds
    INNER JOIN placed
        ON
            bounds.kafka_partition = placed.kafka_partition
            AND placed.kafka_offset BETWEEN bounds.first_offset AND bounds.last_offset
    GROUP BY ALL
),

reported AS (
    SELECT
        kafka_partition,
        arrival_minute,
        sum(events) AS reported
    FROM reported_counts
    GROUP BY ALL
)

SELECT
    bounds.kafka_partition,
    bounds.arrival_minute,
    bounds.first_offset,
    bounds.last_offset,
    bounds.last_offset - bounds.first_offset + 1 - coalesce(places.lost, 0) AS read,
    coalesce(reported.reported, 0) AS reported,
    coalesce(places.late, 0) AS late,
    coalesce(places.rejected, 0) AS rejected,
    coalesce(places.punctuations, 0) AS punctuations,
    coalesce(places.lost, 0) AS lost
FROM bounds
LEFT JOIN places USING (kafka_partition, last_offset)
LEFT JOIN reported USING (kafka_partition, arrival_minute)
WHERE
    bounds.first_offset IS NOT NULL
    AND (bounds.arrival_minute IS NULL OR bounds.arrival_minute < (SELECT closed.minute FROM closed));

-- ---------------------------------------------------------------------------------------------------------------------
-- Everything that is not as it must be. Grain: one row per disagreement: `expected` and `found` should be equal.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE VIEW disagreements AS
WITH per_minute AS (
    SELECT
        event_minute AS minute,
        sum(events) AS events,
        sum(amount) AS amount
    FROM reported_counts
    GROUP BY ALL
),

compared AS (
    SELECT
        minute,
        coalesce(per_minute.events, 0) AS events_expected,
        coalesce(reported_rows.events, 0) AS events_found,
        coalesce(per_minute.amount, 0) AS amount_expected,
        coalesce(reported_rows.amount, 0) AS amount_found
    FROM per_minute
    FULL JOIN reported_rows USING (minute)
    WHERE minute <= (SELECT closed.minute FROM closed)
)

SELECT
    kafka_partition,
    arrival_minute AS minute,
    'messages read, and reported + late + rejected' AS what,
    read - punctuations AS expected,
    reported + late + rejected AS found
FROM stretches
WHERE read - punctuations <> reported + late + rejected
UNION ALL
SELECT
    NULL,
    minute,
    'events that were reported, and events that the result holds',
    events_expected,
    events_found
FROM compared
WHERE events_expected <> events_found
UNION ALL
SELECT
    NULL,
    minute,
    'the sum that the result is made of, and the sum that it holds',
    amount_expected,
    amount_found
FROM compared
WHERE amount_expected <> amount_found AND events_expected = events_found
UNION ALL
SELECT
    kafka_partition,
    event_minute,
    'a count of the audit that must be there once (an older checkpoint restored, or two copies?)',
    1,
    count(*)
FROM reported_counts
GROUP BY kafka_partition, event_minute, arrival_minute
HAVING count(*) > 1
UNION ALL
SELECT
    kafka_partition,
    NULL,
    'offset ' || kafka_offset || ', which must be in one place (an older checkpoint restored, or two copies?)',
    1,
    count(*)
FROM placed
GROUP BY kafka_partition, kafka_offset
HAVING count(*) > 1
UNION ALL
SELECT
    kafka_partition,
    arrival_minute,
    'offset ' || kafka_offset || ', which must be noted once (an older checkpoint restored, or two copies?)',
    1,
    count(*)
FROM offsets_noted
GROUP BY kafka_partition, arrival_minute, kafka_offset
HAVING count(*) > 1;
