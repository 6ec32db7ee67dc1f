package adreporting.connectors;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** When a partition counts as quiet, second by second. */
class SilenceTest {

    private static final long AFTER_MS = 30_000;
    private static final long WATERMARK = 1_000_000;

    private final Silence silence = new Silence(AFTER_MS);
    private long now = 5_000;

    /** Observe once a second for `seconds`; the answer of the last second. */
    private Map<Integer, Long> observe(int seconds, Map<Integer, Long> ends) {
        Map<Integer, Long> claims = Map.of();
        for (int i = 0; i < seconds; i++) {
            claims = silence.observe(now, ends, WATERMARK);
            claims.forEach((partition, watermark) -> silence.written(partition, -1));
            now += 1_000;
        }
        return claims;
    }

    @Test
    void whenAllAreQuietEventTimeGoesOnWithTheClock() {
        assertEquals(Map.of(), observe(30, Map.of(0, 7L, 1, 9L)));
        assertEquals(Map.of(0, WATERMARK + 30_000, 1, WATERMARK + 30_000), observe(1, Map.of(0, 7L, 1, 9L)));
        assertEquals(Map.of(0, WATERMARK + 31_000, 1, WATERMARK + 31_000), observe(1, Map.of(0, 7L, 1, 9L)));
    }

    @Test
    void whileOthersHaveTrafficEventTimeIsTheirs() {
        for (long second = 0; second < 30; second++) {
            assertEquals(Map.of(), observe(1, Map.of(0, 7L, 1, 9L + second)));
        }
        assertEquals(Map.of(0, WATERMARK), observe(1, Map.of(0, 7L, 1, 99L)));
        // The same again says nothing new.
        assertEquals(Map.of(), observe(1, Map.of(0, 7L, 1, 100L)));
    }

    @Test
    void oneMessageBreaksTheSilence() {
        observe(30, Map.of(0, 7L));
        assertEquals(Map.of(), observe(30, Map.of(0, 8L)));
        assertEquals(Map.of(0, WATERMARK + 30_000), observe(1, Map.of(0, 8L)));
    }

    @Test
    void anOutageOfTheBrokerIsNotSilence() {
        observe(20, Map.of(0, 7L));
        assertEquals(Map.of(), observe(600, Map.of()));
        assertEquals(Map.of(), observe(30, Map.of(0, 7L)));
        // Now it has answered for thirty seconds, and producers had that long to send what they kept.
        assertEquals(1, observe(1, Map.of(0, 7L)).size());
    }

    @Test
    void aLeaderThatDoesNotAnswerHoldsBackOnlyItsOwnPartition() {
        observe(20, Map.of(0, 7L, 1, 9L));
        // Not all are known to be quiet, so the clock does not count.
        assertEquals(Map.of(0, WATERMARK), observe(11, Map.of(0, 7L)));
    }

    @Test
    void aPauseOfThisProcessIsNotSilence() {
        observe(30, Map.of(0, 7L));
        now += Silence.MAX_BREAK_MS;
        assertEquals(Map.of(), observe(30, Map.of(0, 7L)));
        assertEquals(1, observe(1, Map.of(0, 7L)).size());
    }

    @Test
    void ourOwnPunctuationIsNoTrafficButAnothersIs() {
        Map<Integer, Long> ends = new HashMap<>(Map.of(0, 7L));
        assertEquals(1, observe(31, ends).size());
        silence.written(0, 7);
        ends.put(0, 8L);
        assertEquals(1, observe(1, ends).size());
        silence.written(0, 9);
        ends.put(0, 10L);
        assertEquals(Map.of(), observe(1, ends));
    }

    @Test
    void withoutAnyEventThereIsNoEventTime() {
        for (int second = 0; second < 100; second++) {
            assertEquals(Map.of(), silence.observe(now += 1_000, Map.of(0, 0L), Long.MIN_VALUE));
        }
    }
}
