-- =====================================================================================================================
-- View report, roll-ups: the minutes added up to the hours and days of ${REPORT_TIME_ZONE}.
--
-- Flink's tumbling windows are of one size, and a day may have 23 or 25 hours. (Those over times with a zone do follow
-- it, but so would the minutes: of the two that the clock shows alike when it is turned back, they would make one.) So
-- each row is given to all hopping windows that hold it, and the condition keeps the one that ends with the row's own
-- hour or day. What is left is a window of the calendar: its state is one row per campaign, and it is final when the
-- watermark has passed its end. Hops of a quarter of an hour, because by that all zones of today differ.
-- =====================================================================================================================

-- What the clock of the report's time zone shows. Grain: one row per campaign and minute.
-- hour_start: UTC, when the hour began by that clock.
CREATE VIEW views_per_local_minute AS
SELECT
    campaign_id,
    network_id,
    event_time,
    duration_ms,
    view_count,
    CAST(SUBSTRING(local_time FROM 1 FOR 10) AS DATE) AS local_date,
    window_start - CAST(SUBSTRING(local_time FROM 15 FOR 2) AS INT) * INTERVAL '1' MINUTE AS hour_start
FROM (
    SELECT
        campaign_id,
        network_id,
        event_time,
        window_start,
        duration_ms,
        view_count,
        CONVERT_TZ(
            DATE_FORMAT(window_start, 'yyyy-MM-dd HH:mm:ss'), 'UTC', '${REPORT_TIME_ZONE:-UTC}'
        ) AS local_time
    FROM views_per_network
) AS timed;

-- Grain: one row per campaign, network and hour.
CREATE VIEW views_per_hour AS
SELECT
    campaign_id,
    network_id,
    local_date,
    hour_start,
    window_time AS event_time,
    SUM(duration_ms) AS duration_ms,
    SUM(view_count) AS view_count
FROM
    TABLE(
        HOP(
            TABLE views_per_local_minute,
            DESCRIPTOR (event_time),
            INTERVAL '15' MINUTE,
            INTERVAL '75' MINUTE
        )
    )
WHERE
    window_end >= hour_start + INTERVAL '60' MINUTE
    AND window_end < hour_start + INTERVAL '75' MINUTE
GROUP BY campaign_id, network_id, local_date, hour_start, window_start, window_end, window_time;

INSERT INTO view_report_hourly
SELECT
    campaign_id,
    network_id,
    hour_start AS hour_timestamp,
    duration_ms / (1000e0 * view_count) AS avg_duration,
    view_count AS total_count,
    CAST(local_date AS STRING) AS `date`
FROM views_per_hour;

-- When its day begins and ends, UTC. Grain: one row per campaign, network and hour.
-- CONVERT_TZ takes the second of two midnights (Havana turns its clock back from one o'clock to midnight): the day has
-- begun an hour earlier if it was the same day then. Its end is not so important: then the day is final an hour later.
CREATE VIEW views_per_hour_of_day AS
SELECT
    campaign_id,
    network_id,
    event_time,
    duration_ms,
    view_count,
    local_date,
    day_end,
    CASE
        WHEN
            SUBSTRING(
                CONVERT_TZ(
                    DATE_FORMAT(midnight - INTERVAL '1' HOUR, 'yyyy-MM-dd HH:mm:ss'),
                    'UTC',
                    '${REPORT_TIME_ZONE:-UTC}'
                )
                FROM 1 FOR 10
            ) = CAST(local_date AS STRING)
            THEN midnight - INTERVAL '1' HOUR
        ELSE midnight
    END AS day_start
FROM (
    SELECT
        campaign_id,
        network_id,
        event_time,
        duration_ms,
        view_count,
        local_date,
        TO_TIMESTAMP(
            CONVERT_TZ(CONCAT(CAST(local_date AS STRING), ' 00:00:00'), '${REPORT_TIME_ZONE:-UTC}', 'UTC')
        ) AS midnight,
        TO_TIMESTAMP(
            CONVERT_TZ(
                CONCAT(CAST(local_date + INTERVAL '1' DAY AS STRING), ' 00:00:00'),
                '${REPORT_TIME_ZONE:-UTC}',
                'UTC'
            )
        ) AS day_end
    FROM views_per_hour
) AS bounded;

-- Grain: one row per campaign, network and day.
CREATE VIEW views_per_day AS
SELECT
    campaign_id,
    network_id,
    local_date,
    day_start,
    SUM(duration_ms) AS duration_ms,
    SUM(view_count) AS view_count
FROM
    TABLE(
        HOP(
            TABLE views_per_hour_of_day,
            DESCRIPTOR (event_time),
            INTERVAL '15' MINUTE,
            INTERVAL '26' HOUR
        )
    )
WHERE
    window_end >= day_end
    AND window_end < day_end + INTERVAL '15' MINUTE
GROUP BY campaign_id, network_id, local_date, day_start, window_start, window_end;

INSERT INTO view_report_daily
SELECT
    campaign_id,
    network_id,
    day_start AS day_timestamp,
    duration_ms / (1000e0 * view_count) AS avg_duration,
    view_count AS total_count,
    CAST(local_date AS STRING) AS `date`
FROM views_per_day;
