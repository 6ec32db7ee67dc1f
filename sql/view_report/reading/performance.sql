-- sqlfluff:dialect:duckdb
-- sqlfluff:exclude_rules:AL03,AM04,RF04,ST06,ST07,CP05
-- =====================================================================================================================
-- View report, for whoever reads it (DuckDB, run by dashboard/view_report.py): average view duration and number of
-- views per campaign and hour, day, week (Monday to Sunday), month or year of ${REPORT_TIME_ZONE}, those that are still
-- running among them, exact as of the newest finished minute.
--
-- Given are the results' rows: newest_minutes (view_report's since the last finished hour at least), archived_minutes,
-- view_report_hourly, view_report_daily and late; and the newest finished minute, ${NEWEST_MINUTE}, UTC.
--
-- None of these tables counts views that were late; they are final without them. So late_count stands apart, in the
-- hour, day, week and month in which those views happened.
-- =====================================================================================================================

CREATE OR REPLACE MACRO local_time(MOMENT) AS timezone('${REPORT_TIME_ZONE:-UTC}', timezone('UTC', moment));

-- The sum of the durations, exact while it is below 2^50 ms, 35,000 years: what the average was made of.
CREATE OR REPLACE MACRO duration_ms(AVG_DURATION, TOTAL_COUNT) AS
round(avg_duration * total_count * 1000)::BIGINT;

-- Where one table ends and the next begins. Grain: one row.
-- The rows of an hour are all there when the minute after it is finished, those of a day an hour later.
CREATE OR REPLACE TABLE bounds AS
SELECT
    newest_minute + INTERVAL 1 MINUTE AS finished_until,
    newest_minute - to_minutes(minute(local_time(newest_minute))) AS running_hour,
    local_time(newest_minute - INTERVAL 1 HOUR)::DATE AS running_day
FROM (SELECT TIMESTAMP '${NEWEST_MINUTE}' AS newest_minute) AS newest;

-- Read once: they lie in many small files. Grain: one row per campaign, network and minute.
CREATE OR REPLACE TABLE read_minutes AS
SELECT *
FROM newest_minutes;

-- The finished ones. Grain: as read_minutes.
CREATE OR REPLACE VIEW minutes AS
SELECT *
FROM read_minutes
WHERE minute_timestamp <= TIMESTAMP '${NEWEST_MINUTE}'
UNION ALL
SELECT *
FROM archived_minutes
WHERE minute_timestamp <= TIMESTAMP '${NEWEST_MINUTE}';

-- The hour of which there are only minutes, so far. Grain: one row per campaign and network.
CREATE OR REPLACE TABLE running_hours AS
SELECT
    minutes.campaign_id,
    minutes.network_id,
    bounds.running_hour AS hour_timestamp,
    local_time(bounds.running_hour)::DATE AS date,
    sum(duration_ms(minutes.avg_duration, minutes.total_count))::BIGINT AS duration_ms,
    sum(minutes.total_count)::BIGINT AS total_count
FROM bounds
INNER JOIN minutes
    ON bounds.running_hour <= minutes.minute_timestamp
GROUP BY ALL;

-- Grain: one row per campaign, network and hour. hour_timestamp: its start, UTC; date: the day it is in.
CREATE OR REPLACE VIEW hours AS
SELECT
    campaign_id,
    network_id,
    hour_timestamp,
    date,
    duration_ms(avg_duration, total_count) AS duration_ms,
    total_count
FROM view_report_hourly
WHERE hour_timestamp < (SELECT bounds.running_hour FROM bounds)
UNION ALL
SELECT
    campaign_id,
    network_id,
    hour_timestamp,
    date,
    duration_ms,
    total_count
FROM running_hours;

-- Grain: one row per campaign, network and day.
CREATE OR REPLACE VIEW days AS
SELECT
    campaign_id,
    network_id,
    date,
    duration_ms(avg_duration, total_count) AS duration_ms,
    total_count
FROM view_report_daily
WHERE date < (SELECT bounds.running_day FROM bounds)
UNION ALL
SELECT
    campaign_id,
    network_id,
    date,
    sum(duration_ms)::BIGINT AS duration_ms,
    sum(total_count)::BIGINT AS total_count
FROM hours
WHERE date >= (SELECT bounds.running_day FROM bounds)
GROUP BY ALL;

-- Grain: one row per campaign and minute with late views. Their network is the one that the campaign has last had.
CREATE OR REPLACE VIEW late_minutes AS
WITH counted AS (
    SELECT
        campaign_id,
        date_trunc('minute', end_timestamp) AS minute_timestamp,
        count(*) AS late_count
    FROM late
    GROUP BY ALL
),

networks AS (
    SELECT
        campaign_id,
        arg_max(network_id, date) AS network_id
    FROM days
    WHERE campaign_id IN (SELECT late.campaign_id FROM late)
    GROUP BY ALL
)

SELECT
    counted.campaign_id,
    networks.network_id,
    counted.minute_timestamp,
    local_time(counted.minute_timestamp)::DATE AS date,
    counted.late_count
FROM counted
LEFT JOIN networks ON counted.campaign_id = networks.campaign_id;

-- When a period began, UTC, given the start of a minute or an hour in it; NULL where its date tells.
CREATE OR REPLACE MACRO start_of(unit, moment) AS
CASE unit
    WHEN 'minute' THEN moment
    WHEN 'hour' THEN moment - to_minutes(minute(local_time(moment)))
END;

-- ---------------------------------------------------------------------------------------------------------------------
-- counted(unit, first_day, last_day), what performance() and the dashboard's totals add up.
--
-- Grain: one row per campaign, network and minute (unit is 'minute'), hour ('hour') or day (any other unit), late views
-- in rows of their own. starts_at: UTC, of minutes and hours; first_date: the first day of the longer unit it is in.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE MACRO counted(unit, first_day, last_day) AS TABLE
    SELECT
        campaign_id,
        network_id,
        minute_timestamp AS starts_at,
        NULL::DATE AS first_date,
        duration_ms(avg_duration, total_count) AS duration_ms,
        total_count,
        0 AS late_count
    FROM minutes
    WHERE
        unit = 'minute'
        -- The day, as the clock has it, and no file without such a day is read.
        AND local_time(minute_timestamp)::DATE BETWEEN first_day AND last_day
        AND minute_timestamp >= first_day::TIMESTAMP - INTERVAL 1 DAY
        AND minute_timestamp <= last_day::TIMESTAMP + INTERVAL 2 DAY
    UNION ALL
    SELECT
        campaign_id,
        network_id,
        hour_timestamp,
        NULL,
        duration_ms,
        total_count,
        0
    FROM hours
    WHERE unit = 'hour' AND date BETWEEN first_day AND last_day
    UNION ALL
    SELECT
        campaign_id,
        network_id,
        NULL,
        date_trunc(unit, date)::DATE,
        duration_ms,
        total_count,
        0
    FROM days
    WHERE unit NOT IN ('minute', 'hour') AND date BETWEEN first_day AND last_day
    UNION ALL
    SELECT
        campaign_id,
        network_id,
        start_of(unit, minute_timestamp),
        CASE WHEN unit NOT IN ('minute', 'hour') THEN date_trunc(unit, date)::DATE END,
        0,
        0,
        late_count
    FROM late_minutes
    WHERE date BETWEEN first_day AND last_day;

-- A period's start by the clock of ${REPORT_TIME_ZONE}, of what counted() tells of it.
CREATE OR REPLACE MACRO period(FIRST_DATE, STARTS_AT) AS coalesce(first_date::TIMESTAMP, local_time(starts_at));

-- Seconds, NULL without a view.
CREATE OR REPLACE MACRO average(DURATION_MS, VIEWS) AS duration_ms / (1000 * nullif(views, 0));

-- ---------------------------------------------------------------------------------------------------------------------
-- performance(unit, first_day, last_day): unit is 'minute', 'hour', 'day', 'week', 'month' or 'year'; both days are
-- included. Grain: one row per campaign, network and period in which it was viewed between these days.
--
-- period: its start by the clock of ${REPORT_TIME_ZONE}; starts_at: the same moment, UTC; is_final: whether it is over.
-- avg_duration: seconds, NULL where all views were late; total_count: views; late_count: late views, not among these.
-- ---------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE MACRO performance(unit, first_day, last_day) AS TABLE
    SELECT
        campaign_id,
        network_id,
        period(first_date, starts_at) AS period,
        coalesce(starts_at, timezone('UTC', timezone('${REPORT_TIME_ZONE:-UTC}', first_date::TIMESTAMP))) AS starts_at,
        average(sum(duration_ms), sum(total_count)) AS avg_duration,
        sum(total_count)::BIGINT AS total_count,
        sum(late_count)::BIGINT AS late_count,
        coalesce(
            first_date + ('1 ' || unit)::INTERVAL <= local_time((SELECT bounds.finished_until FROM bounds)),
            starts_at + ('1 ' || unit)::INTERVAL <= (SELECT bounds.finished_until FROM bounds)
        ) AS is_final
    FROM counted(unit, first_day, last_day)
    GROUP BY campaign_id, network_id, first_date, starts_at
    ORDER BY period, starts_at, campaign_id, network_id;
