-- =====================================================================================================================
-- View report, sources: settings, and campaigns from CSV. The banner views stand in 1_view_log*.sql.
-- Time zone: UTC throughout. Event time is end_timestamp, the moment the view ended and was pushed to Kafka.
-- =====================================================================================================================

SET 'table.local-time-zone' = 'UTC';

-- A view that several statements read is computed once, and its rows go to all of them. Otherwise the planner copies it
-- into each, and every message would be judged four times.
SET 'table.optimizer.reuse-optimize-block-with-digest-enabled' = 'true';

-- How long the campaigns folder must be quiet until it counts as read. Until then no report row leaves the join, which
-- is what makes a fresh start wait for the 500,000 campaigns; after it, only the events' watermark drives the join.
SET 'table.exec.source.idle-timeout' = '5 s';

-- ---------------------------------------------------------------------------------------------------------------------
-- Which network a campaign belongs to, as text. Grain: one line of a file in ${DATA_DIR}/campaigns.
--
-- The folder is watched, so that this source never finishes: a finished one would send the greatest of all watermarks,
-- and once Kafka's partitions are all idle that one wins and no row leaves the join ever again (FLINK-38477).
-- The watermark is a constant, so that only the events' watermark drives the join.
--
-- campaigns.csv holds since ever; any other file holds since its modification time, for the campaigns it names.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE campaigns_csv (
    line STRING,
    file_name STRING METADATA FROM 'file.name',
    modified_at TIMESTAMP_LTZ(3) METADATA FROM 'file.modification-time',
    valid_from AS CASE
        WHEN file_name = 'campaigns.csv' THEN TIMESTAMP '1970-01-01 00:00:00.000'
        ELSE CAST(modified_at AS TIMESTAMP(3))
    END,
    WATERMARK FOR valid_from AS TIMESTAMP '1970-01-01 00:00:00.000'
) WITH (
    'connector' = 'filesystem',
    'path' = '${DATA_DIR}/campaigns',
    'source.monitor-interval' = '10 s',
    -- Lines as they are: the csv format would drop those it cannot read.
    'format' = 'raw'
);

-- campaign_id,network_id, in quotes or not; more columns may follow. NULL where that is no whole number.
-- Grain: one line that is neither empty nor a header.
CREATE VIEW campaign_lines AS
SELECT
    line,
    file_name,
    valid_from,
    -- A cast alone would make 1 of 1.5. (A regular expression would be compiled for each line.)
    TRY_CAST(CASE WHEN first_field NOT LIKE '%.%' THEN first_field END AS INT) AS campaign_id,
    TRY_CAST(CASE WHEN second_field NOT LIKE '%.%' THEN second_field END AS INT) AS network_id
FROM (
    SELECT
        line,
        file_name,
        valid_from,
        TRIM(REPLACE(SPLIT_INDEX(line, ',', 0), '"', '')) AS first_field,
        TRIM(REPLACE(SPLIT_INDEX(line, ',', 1), '"', '')) AS second_field
    FROM campaigns_csv
    WHERE TRIM(line) <> '' AND LOWER(line) NOT LIKE 'campaign_id%'
) AS split;

-- The network of each campaign over time, a versioned table: the newest version up to a moment is the one in force.
CREATE VIEW campaigns AS
WITH ranked AS (
    SELECT
        campaign_id,
        network_id,
        valid_from,
        ROW_NUMBER() OVER (PARTITION BY campaign_id ORDER BY valid_from DESC) AS newest_first
    FROM campaign_lines
    WHERE campaign_id IS NOT NULL AND network_id IS NOT NULL
)

SELECT
    campaign_id,
    network_id,
    valid_from
FROM ranked
WHERE newest_first = 1;
