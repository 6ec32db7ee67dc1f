-- In place of the view report's first stages: minutes from a file, for its roll-ups. Grain: campaign and minute.
CREATE TABLE views_per_network (
    campaign_id INT,
    network_id INT,
    window_start TIMESTAMP(3),
    duration_ms BIGINT,
    view_count BIGINT,
    event_time AS window_start + INTERVAL '59.999' SECOND(2, 3),
    WATERMARK FOR event_time AS event_time
) WITH (
    'connector' = 'filesystem',
    'path' = '${MINUTES}',
    'format' = 'csv'
);
