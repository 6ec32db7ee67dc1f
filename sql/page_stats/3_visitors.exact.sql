-- =====================================================================================================================
-- Page statistics, counting: views, clicks and distinct users per placement and per page, by hour and by day.
-- Runs when PAGE_STATS_USERS is exact (the default).
--
-- Distinct users are counted exactly and without a distinct aggregate: first one row per visitor, then the rows are
-- counted. So a page that gets half of all traffic is spread over all tasks, by its visitors, and the state of an hour
-- is one row per visitor and placement or page.
-- =====================================================================================================================

-- Grain: one row per placement, visitor and hour.
CREATE VIEW placement_visitors_hourly AS
SELECT
    placement_id,
    user_id,
    window_time AS event_time,
    COUNT(*) FILTER (WHERE event_type = 0) AS view_count,
    COUNT(*) FILTER (WHERE event_type = 1) AS click_count
FROM
    TABLE(
        TUMBLE(TABLE reported_events, DESCRIPTOR (event_time), INTERVAL '1' HOUR)
    )
GROUP BY placement_id, user_id, window_start, window_end, window_time;

-- Grain: one row per placement and hour.
CREATE VIEW placement_hours AS
SELECT
    placement_id,
    window_start,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count,
    COUNT(*) AS user_count
FROM
    TABLE(
        TUMBLE(TABLE placement_visitors_hourly, DESCRIPTOR (event_time), INTERVAL '1' HOUR)
    )
GROUP BY placement_id, window_start, window_end;

-- Grain: one row per placement, visitor and day.
CREATE VIEW placement_visitors_daily AS
SELECT
    placement_id,
    user_id,
    window_time AS event_time,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count
FROM
    TABLE(
        TUMBLE(TABLE placement_visitors_hourly, DESCRIPTOR (event_time), INTERVAL '1' DAY)
    )
GROUP BY placement_id, user_id, window_start, window_end, window_time;

-- Grain: one row per placement and day.
CREATE VIEW placement_days AS
SELECT
    placement_id,
    window_start,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count,
    COUNT(*) AS user_count
FROM
    TABLE(
        TUMBLE(TABLE placement_visitors_daily, DESCRIPTOR (event_time), INTERVAL '1' DAY)
    )
GROUP BY placement_id, window_start, window_end;

-- Grain: one row per page, visitor and hour.
CREATE VIEW page_visitors_hourly AS
SELECT
    page_id,
    user_id,
    window_time AS event_time,
    COUNT(*) FILTER (WHERE event_type = 0) AS view_count,
    COUNT(*) FILTER (WHERE event_type = 1) AS click_count
FROM
    TABLE(
        TUMBLE(TABLE reported_events, DESCRIPTOR (event_time), INTERVAL '1' HOUR)
    )
GROUP BY page_id, user_id, window_start, window_end, window_time;

-- Grain: one row per page and hour.
CREATE VIEW page_hours AS
SELECT
    page_id,
    window_start,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count,
    COUNT(*) AS user_count
FROM
    TABLE(
        TUMBLE(TABLE page_visitors_hourly, DESCRIPTOR (event_time), INTERVAL '1' HOUR)
    )
GROUP BY page_id, window_start, window_end;

-- Grain: one row per page, visitor and day.
CREATE VIEW page_visitors_daily AS
SELECT
    page_id,
    user_id,
    window_time AS event_time,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count
FROM
    TABLE(
        TUMBLE(TABLE page_visitors_hourly, DESCRIPTOR (event_time), INTERVAL '1' DAY)
    )
GROUP BY page_id, user_id, window_start, window_end, window_time;

-- Grain: one row per page and day.
CREATE VIEW page_days AS
SELECT
    page_id,
    window_start,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count,
    COUNT(*) AS user_count
FROM
    TABLE(
        TUMBLE(TABLE page_visitors_daily, DESCRIPTOR (event_time), INTERVAL '1' DAY)
    )
GROUP BY page_id, window_start, window_end;
