-- =====================================================================================================================
-- Accounting, rejected: everything that has a problem, unchanged, with where it came from and what is wrong with it.
-- Grain: one row per rejected message, or line of a file.
--
-- The pipeline gives a view `problems`. problem: a code, or code:what it is about.
-- =====================================================================================================================

INSERT INTO rejected
SELECT
    payload,
    message_key,
    headers,
    topic,
    kafka_partition,
    kafka_offset,
    kafka_timestamp,
    CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3)) AS rejected_at,
    '${PIPELINE}' AS pipeline,
    '${PIPELINE_VERSION}' AS pipeline_version,
    SPLIT_INDEX(problem, ':', 0) AS reason,
    CASE SPLIT_INDEX(problem, ':', 0)
        WHEN 'null_message' THEN 'The message has no value.'
        WHEN 'empty_message' THEN 'The message is empty.'
        WHEN 'not_json' THEN 'The message is not JSON.'
        WHEN 'not_an_object' THEN 'The message is JSON, but not an object.'
        WHEN 'missing_field' THEN CONCAT('Field ', SPLIT_INDEX(problem, ':', 1), ' is missing or null.')
        WHEN 'wrong_type' THEN CONCAT('Field ', SPLIT_INDEX(problem, ':', 1), ' has a value of the wrong type or form.')
        WHEN 'out_of_range' THEN CONCAT('Field ', SPLIT_INDEX(problem, ':', 1), ' is a number too large for its type.')
        WHEN 'from_the_future'
            THEN
                CONCAT(
                    'Field ', SPLIT_INDEX(problem, ':', 1), ' is ahead of the time at which Kafka got the message.'
                )
        WHEN 'ends_before_it_starts' THEN 'The view ends before it starts: end_timestamp is before start_timestamp.'
        WHEN 'unknown_value' THEN CONCAT('Field ', SPLIT_INDEX(problem, ':', 1), ' has a value that has no meaning.')
        WHEN 'negative' THEN CONCAT('Field ', SPLIT_INDEX(problem, ':', 1), ' is a negative number.')
        WHEN 'milliseconds'
            THEN CONCAT('Field ', SPLIT_INDEX(problem, ':', 1), ' is in milliseconds; it must be in seconds.')
        WHEN 'bad_campaign'
            THEN
                CONCAT(
                    'A line of file ',
                    SUBSTRING(problem FROM POSITION(':' IN problem) + 1),
                    ' is not campaign_id,network_id, two whole numbers.'
                )
    END AS detail,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'yyyy-MM-dd') AS `date`,
    DATE_FORMAT(CURRENT_TIMESTAMP, 'HH') AS `hour`
FROM problems;
