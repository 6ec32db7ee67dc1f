-- =====================================================================================================================
-- Page statistics, settings.
-- Time zone: UTC throughout. Event time is when the visitor saw or clicked the banner, to the second.
-- =====================================================================================================================

SET 'table.local-time-zone' = 'UTC';

-- A view that several statements read is computed once, and its rows go to all of them.
SET 'table.optimizer.reuse-optimize-block-with-digest-enabled' = 'true';
