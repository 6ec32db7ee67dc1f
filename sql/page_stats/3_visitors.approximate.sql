-- =====================================================================================================================
-- Page statistics, counting: as 3_visitors.exact.sql, but of the distinct users an estimate with a standard error of
-- 0.8%, for those whose visitors outgrow their disks: the state of an hour is a sketch per placement or page, 16 kB at
-- most. A day's users are those of its hours' sketches, united. Views and clicks are exact.
-- Runs when PAGE_STATS_USERS is approximate.
-- =====================================================================================================================

CREATE TEMPORARY FUNCTION DISTINCT_SKETCH AS 'adreporting.functions.DistinctSketch';
CREATE TEMPORARY FUNCTION SKETCH_UNION AS 'adreporting.functions.SketchUnion';
CREATE TEMPORARY FUNCTION SKETCH_ESTIMATE AS 'adreporting.functions.SketchEstimate';

-- Grain: one row per placement and hour.
CREATE VIEW placement_sketches_hourly AS
SELECT
    placement_id,
    window_start AS hour_start,
    window_time AS event_time,
    COUNT(*) FILTER (WHERE event_type = 0) AS view_count,
    COUNT(*) FILTER (WHERE event_type = 1) AS click_count,
    DISTINCT_SKETCH(user_id) AS user_sketch
FROM
    TABLE(
        TUMBLE(TABLE reported_events, DESCRIPTOR (event_time), INTERVAL '1' HOUR)
    )
GROUP BY placement_id, window_start, window_end, window_time;

-- Grain: one row per placement and hour.
CREATE VIEW placement_hours AS
SELECT
    placement_id,
    hour_start AS window_start,
    view_count,
    click_count,
    SKETCH_ESTIMATE(user_sketch) AS user_count
FROM placement_sketches_hourly;

-- Grain: one row per placement and day.
CREATE VIEW placement_days AS
SELECT
    placement_id,
    window_start,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count,
    SKETCH_ESTIMATE(SKETCH_UNION(user_sketch)) AS user_count
FROM
    TABLE(
        TUMBLE(TABLE placement_sketches_hourly, DESCRIPTOR (event_time), INTERVAL '1' DAY)
    )
GROUP BY placement_id, window_start, window_end;

-- Grain: one row per page and hour.
CREATE VIEW page_sketches_hourly AS
SELECT
    page_id,
    window_start AS hour_start,
    window_time AS event_time,
    COUNT(*) FILTER (WHERE event_type = 0) AS view_count,
    COUNT(*) FILTER (WHERE event_type = 1) AS click_count,
    DISTINCT_SKETCH(user_id) AS user_sketch
FROM
    TABLE(
        TUMBLE(TABLE reported_events, DESCRIPTOR (event_time), INTERVAL '1' HOUR)
    )
GROUP BY page_id, window_start, window_end, window_time;

-- Grain: one row per page and hour.
CREATE VIEW page_hours AS
SELECT
    page_id,
    hour_start AS window_start,
    view_count,
    click_count,
    SKETCH_ESTIMATE(user_sketch) AS user_count
FROM page_sketches_hourly;

-- Grain: one row per page and day.
CREATE VIEW page_days AS
SELECT
    page_id,
    window_start,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count,
    SKETCH_ESTIMATE(SKETCH_UNION(user_sketch)) AS user_count
FROM
    TABLE(
        TUMBLE(TABLE page_sketches_hourly, DESCRIPTOR (event_time), INTERVAL '1' DAY)
    )
GROUP BY page_id, window_start, window_end;
