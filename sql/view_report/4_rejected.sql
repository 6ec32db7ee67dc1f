-- =====================================================================================================================
-- View report, rejected: each message that has a problem, unchanged, with where it came from and what is wrong with it.
-- Grain: one row per rejected message.
-- =====================================================================================================================

INSERT INTO rejected
SELECT
    payload,
    message_key,
    topic,
    kafka_partition,
    kafka_offset,
    CAST(kafka_timestamp AS TIMESTAMP(3)) AS kafka_timestamp,
    CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3)) AS rejected_at,
    'view_report' AS pipeline,
    SPLIT_INDEX(problem, ':', 0) AS reason,
    CASE SPLIT_INDEX(problem, ':', 0)
        WHEN 'null_message' THEN 'The message has no value.'
        WHEN 'empty_message' THEN 'The message is empty.'
        WHEN 'not_json' THEN 'The message is not JSON.'
        WHEN 'not_an_object' THEN 'The message is JSON, but not an object.'
        WHEN 'missing_field' THEN CONCAT('Field ', SPLIT_INDEX(problem, ':', 1), ' is missing or null.')
        WHEN 'wrong_type' THEN CONCAT('Field ', SPLIT_INDEX(problem, ':', 1), ' has a value of the wrong type or form.')
        WHEN 'out_of_range' THEN CONCAT('Field ', SPLIT_INDEX(problem, ':', 1), ' is a number too large for its type.')
        WHEN 'from_the_future' THEN 'The view ends after Kafka got it: end_timestamp is more than 10 seconds ahead.'
        WHEN 'ends_before_it_starts' THEN 'The view ends before it starts: end_timestamp is before start_timestamp.'
    END AS detail,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'yyyy-MM-dd') AS `date`,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'HH') AS `hour`
FROM checked_view_log
WHERE problem IS NOT NULL;
