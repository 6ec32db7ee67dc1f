package adreporting.functions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.datasketches.hll.Union;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SketchesTest {

    private static final DistinctSketch DISTINCT = new DistinctSketch();
    private static final SketchUnion UNION = new SketchUnion();
    private static final SketchEstimate ESTIMATE = new SketchEstimate();

    private static List<String> visitors(int from, int to) {
        return new ArrayList<>(IntStream.range(from, to).mapToObj(number -> "visitor-" + number).toList());
    }

    private static Union counted(List<String> values) {
        Union union = DISTINCT.createAccumulator();
        values.forEach(value -> DISTINCT.accumulate(union, value));
        return union;
    }

    private static long estimate(List<String> values) {
        return ESTIMATE.eval(DISTINCT.getValue(counted(values)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 1_000, 20_000, 300_000, 2_000_000})
    void theErrorIsSmall(int count) {
        double error = (double) estimate(visitors(0, count)) / count - 1;
        // Three standard errors; these values are the same in each run.
        assertTrue(Math.abs(error) < 3 * 1.04 / Math.sqrt(1 << Sketches.LG_K), "error " + error);
    }

    @Test
    void fewAreCountedExactly() {
        for (int count = 0; count <= 200; count++) {
            assertEquals(count, estimate(visitors(0, count)));
        }
    }

    @Test
    void whatComesTwiceCountsOnceAndNullNever() {
        List<String> twice = visitors(0, 50_000);
        long once = estimate(twice);
        twice.addAll(visitors(0, 50_000));
        twice.add(null);
        assertEquals(once, estimate(twice));
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 900, 5_000, 100_000})
    void theOrderDoesNotMatterNorHowItWasDivided(int count) {
        long inOrder = estimate(visitors(0, count));
        List<String> shuffled = visitors(0, count);
        Collections.shuffle(shuffled, new Random(1));
        assertEquals(inOrder, estimate(shuffled));

        // Hours that overlap, united to a day.
        Union day = UNION.createAccumulator();
        for (int hour = 0; hour < 24; hour++) {
            int from = count * hour / 30;
            UNION.accumulate(day, DISTINCT.getValue(counted(visitors(from, count * (hour + 7) / 30))));
        }
        UNION.accumulate(day, null);
        assertEquals(inOrder, ESTIMATE.eval(UNION.getValue(day)));

        // Tasks that each saw a part.
        Union merged = DISTINCT.createAccumulator();
        DISTINCT.merge(merged, List.of(counted(shuffled.subList(0, count / 3)), counted(shuffled.subList(count / 3, count))));
        assertEquals(inOrder, ESTIMATE.eval(DISTINCT.getValue(merged)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, 900, 100_000})
    void stateIsReadAsItWasWritten(int count) throws IOException {
        UnionSerializer serializer = new UnionSerializer();
        Union union = counted(visitors(0, count));
        DataOutputSerializer written = new DataOutputSerializer(64);
        serializer.serialize(union, written);
        DataOutputSerializer copied = new DataOutputSerializer(64);
        serializer.copy(new DataInputDeserializer(written.getCopyOfBuffer()), copied);
        assertArrayEquals(written.getCopyOfBuffer(), copied.getCopyOfBuffer());
        Union read = serializer.deserialize(new DataInputDeserializer(copied.getCopyOfBuffer()));
        Union copy = serializer.copy(union);
        // All go on counting alike, and a copy by itself.
        for (Union each : List.of(union, read, copy)) {
            visitors(count, count + 1000).forEach(value -> DISTINCT.accumulate(each, value));
            assertEquals(estimate(visitors(0, count + 1000)), ESTIMATE.eval(DISTINCT.getValue(each)));
        }
    }

    @Test
    void nothingIsNullAndCountsAsZero() {
        assertNull(DISTINCT.getValue(DISTINCT.createAccumulator()));
        assertEquals(0, ESTIMATE.eval(null));
    }

    @Test
    void aSketchIsSmall() {
        assertTrue(DISTINCT.getValue(counted(visitors(0, 2_000_000))).length < 8_500);
        assertTrue(DISTINCT.getValue(counted(visitors(0, 100))).length < 600);
    }
}
