-- =====================================================================================================================
-- Page statistics, counting: views, clicks and distinct users per placement and per page, by hour and by day.
-- Runs when PAGE_STATS_USERS is exact (the default).
--
-- A page that gets half of all traffic would be the work of one task. So each placement's and each page's visitors are
-- dealt to 15 shares, by their id: a visitor is in one share only, and so the distinct users of the shares add up. More
-- shares would be more rows where a placement has few visitors an hour. The state is, nearly all of it, an entry for
-- each visitor and placement or page of the day.
-- =====================================================================================================================

-- A day's visitors outgrow the heap. RocksDB has them on the TaskManager's disk, and a checkpoint adds what is new. The
-- memory is for each task, beside Flink's own: with what config.yaml leaves to it, RocksDB would write to disk all the
-- time.
SET 'state.backend.type' = '${PAGE_STATS_STATE:-rocksdb}';
SET 'execution.checkpointing.incremental' = 'true';
SET 'state.backend.rocksdb.memory.fixed-per-slot' = '${PAGE_STATS_STATE_MEMORY:-256mb}';

-- Most visitors are new where they come, and a Bloom filter tells without reading. Filters and indexes outgrow that
-- memory at some million visitors: in parts, of which the needed ones are read, that does no harm. As wholes they
-- pushed each other out, and 50,000 events/s became 1,500.
SET 'state.backend.rocksdb.use-bloom-filter' = 'true';
SET 'state.backend.rocksdb.memory.partitioned-index-filters' = 'true';

-- Counting first where an event was read, and then again, would make sets of visitors and send these.
SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';

-- The events that count, with the share of their visitor, -7 to 7. Grain: one row per event.
CREATE VIEW shared_out_events AS
SELECT
    event_time,
    event_type,
    placement_id,
    page_id,
    user_id,
    MOD(HASH_CODE(user_id), 8) AS user_share
FROM reported_events;

-- Grain: one row per placement, share and hour.
CREATE VIEW placement_shares_hourly AS
SELECT
    placement_id,
    window_time AS event_time,
    COUNT(*) FILTER (WHERE event_type = 0) AS view_count,
    COUNT(*) FILTER (WHERE event_type = 1) AS click_count,
    COUNT(DISTINCT user_id) AS user_count
FROM
    TABLE(
        TUMBLE(TABLE shared_out_events, DESCRIPTOR (event_time), INTERVAL '1' HOUR)
    )
GROUP BY placement_id, user_share, window_start, window_end, window_time;

-- Grain: one row per placement and hour.
CREATE VIEW placement_hours AS
SELECT
    placement_id,
    window_start,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count,
    SUM(user_count) AS user_count
FROM
    TABLE(
        TUMBLE(TABLE placement_shares_hourly, DESCRIPTOR (event_time), INTERVAL '1' HOUR)
    )
GROUP BY placement_id, window_start, window_end;

-- Grain: one row per placement, share and day.
CREATE VIEW placement_shares_daily AS
SELECT
    placement_id,
    window_time AS event_time,
    COUNT(*) FILTER (WHERE event_type = 0) AS view_count,
    COUNT(*) FILTER (WHERE event_type = 1) AS click_count,
    COUNT(DISTINCT user_id) AS user_count
FROM
    TABLE(
        TUMBLE(TABLE shared_out_events, DESCRIPTOR (event_time), INTERVAL '1' DAY)
    )
GROUP BY placement_id, user_share, window_start, window_end, window_time;

-- Grain: one row per placement and day.
CREATE VIEW placement_days AS
SELECT
    placement_id,
    window_start,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count,
    SUM(user_count) AS user_count
FROM
    TABLE(
        TUMBLE(TABLE placement_shares_daily, DESCRIPTOR (event_time), INTERVAL '1' DAY)
    )
GROUP BY placement_id, window_start, window_end;

-- Grain: one row per page, share and hour.
CREATE VIEW page_shares_hourly AS
SELECT
    page_id,
    window_time AS event_time,
    COUNT(*) FILTER (WHERE event_type = 0) AS view_count,
    COUNT(*) FILTER (WHERE event_type = 1) AS click_count,
    COUNT(DISTINCT user_id) AS user_count
FROM
    TABLE(
        TUMBLE(TABLE shared_out_events, DESCRIPTOR (event_time), INTERVAL '1' HOUR)
    )
GROUP BY page_id, user_share, window_start, window_end, window_time;

-- Grain: one row per page and hour.
CREATE VIEW page_hours AS
SELECT
    page_id,
    window_start,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count,
    SUM(user_count) AS user_count
FROM
    TABLE(
        TUMBLE(TABLE page_shares_hourly, DESCRIPTOR (event_time), INTERVAL '1' HOUR)
    )
GROUP BY page_id, window_start, window_end;

-- Grain: one row per page, share and day.
CREATE VIEW page_shares_daily AS
SELECT
    page_id,
    window_time AS event_time,
    COUNT(*) FILTER (WHERE event_type = 0) AS view_count,
    COUNT(*) FILTER (WHERE event_type = 1) AS click_count,
    COUNT(DISTINCT user_id) AS user_count
FROM
    TABLE(
        TUMBLE(TABLE shared_out_events, DESCRIPTOR (event_time), INTERVAL '1' DAY)
    )
GROUP BY page_id, user_share, window_start, window_end, window_time;

-- Grain: one row per page and day.
CREATE VIEW page_days AS
SELECT
    page_id,
    window_start,
    SUM(view_count) AS view_count,
    SUM(click_count) AS click_count,
    SUM(user_count) AS user_count
FROM
    TABLE(
        TUMBLE(TABLE page_shares_daily, DESCRIPTOR (event_time), INTERVAL '1' DAY)
    )
GROUP BY page_id, window_start, window_end;
