package adreporting.connectors;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Decides which partitions of a topic are quiet, and how far event time has come in them. Pure: told the time, asked for
 * an answer.
 *
 * <p>A partition is quiet when its leader has answered for {@code afterMs} without a break and no message has come. So an
 * outage of the broker is not silence: when it is back, producers have that long to send what they kept.
 *
 * <p>While others have traffic, event time in a quiet partition is theirs. When all are quiet, it goes on at the pace of
 * the clock from the last message on. It is therefore no matter whether events are of today or of last year.
 */
final class Silence {

    /** A break between two observations that is longer than this is a break in the leader's answers, too. */
    static final long MAX_BREAK_MS = 5_000;

    private final long afterMs;
    private final Map<Integer, Partition> partitions = new TreeMap<>();
    private long observedAt = Long.MIN_VALUE;

    private static final class Partition {
        private long end = -1;
        private long changedAt;
        private boolean answered;
        private long answersSince;
        private long claimed = Long.MIN_VALUE;
    }

    Silence(long afterMs) {
        this.afterMs = afterMs;
    }

    /**
     * @param nowMs of a clock that only goes forward
     * @param ends next offset of each partition whose leader has answered
     * @param watermark the newest that events have brought, milliseconds; Long.MIN_VALUE where there is none
     * @return partition to watermark, for each quiet partition where it is more than was claimed before
     */
    Map<Integer, Long> observe(long nowMs, Map<Integer, Long> ends, long watermark) {
        boolean afterBreak = observedAt == Long.MIN_VALUE || nowMs - observedAt > MAX_BREAK_MS;
        observedAt = nowMs;
        ends.keySet().forEach(number -> partitions.computeIfAbsent(number, n -> new Partition()));
        boolean allQuiet = true;
        long newestChange = Long.MIN_VALUE;
        Map<Integer, Partition> quiet = new HashMap<>();
        for (Map.Entry<Integer, Partition> entry : partitions.entrySet()) {
            Partition partition = entry.getValue();
            Long end = ends.get(entry.getKey());
            if (end != null) {
                if (afterBreak || !partition.answered) {
                    partition.answersSince = nowMs;
                }
                if (end != partition.end) {
                    partition.end = end;
                    partition.changedAt = nowMs;
                }
            }
            partition.answered = end != null;
            newestChange = Math.max(newestChange, partition.changedAt);
            if (partition.answered && nowMs - Math.max(partition.changedAt, partition.answersSince) >= afterMs) {
                quiet.put(entry.getKey(), partition);
            } else {
                allQuiet = false;
            }
        }
        Map<Integer, Long> claims = new TreeMap<>();
        if (watermark != Long.MIN_VALUE) {
            long claim = watermark + (allQuiet ? nowMs - newestChange : 0);
            quiet.forEach(
                    (number, partition) -> {
                        if (claim > partition.claimed) {
                            partition.claimed = claim;
                            claims.put(number, claim);
                        }
                    });
        }
        return claims;
    }

    /** A punctuation of ours has become the message at this offset: no traffic, as long as nobody else sent as well. */
    void written(int number, long offset) {
        Partition partition = partitions.get(number);
        if (partition.end == offset) {
            partition.end = offset + 1;
        }
    }
}
