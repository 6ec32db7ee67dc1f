package adreporting.connectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;

/** What the operator tells each message of what came before, across checkpoints and other parallelisms. */
class PartitionHistoryOperatorTest {

    /** The event's own time is field 0; a watermark 10 ms behind the newest, given out when asked for. */
    private static final class TenBehind implements WatermarkGenerator<RowData> {
        private long newest = Long.MIN_VALUE + 10;

        @Override
        public void onEvent(RowData row, long timestamp, WatermarkOutput output) {
            if (!row.isNullAt(0)) {
                newest = Math.max(newest, row.getLong(0));
            }
        }

        @Override
        public void onPeriodicEmit(WatermarkOutput output) {
            output.emitWatermark(new Watermark(newest - 10));
        }
    }

    private static final MessageColumn[] METADATA = {
        MessageColumn.PREVIOUS_OFFSET,
        MessageColumn.PARTITION_WATERMARK,
        MessageColumn.ARRIVAL,
        MessageColumn.PREVIOUS_ARRIVAL,
        MessageColumn.OPEN_SINCE,
        MessageColumn.STRETCH,
        MessageColumn.BEGINS_STRETCH
    };

    private static OneInputStreamOperatorTestHarness<RowData, RowData> harness(int parallelism, int subtask)
            throws Exception {
        WatermarkStrategy<RowData> strategy = context -> new TenBehind();
        return new OneInputStreamOperatorTestHarness<>(
                new PartitionHistoryOperator(-1, strategy, 100, null),
                128,
                parallelism,
                subtask);
    }

    /** (previous offset, watermark, arrival, arrival before, open since) that a message of this time and place gets. */
    private static List<Object> send(
            OneInputStreamOperatorTestHarness<RowData, RowData> harness, Long time, int partition, long offset)
            throws Exception {
        MessageRow row = process(harness, time, partition, offset);
        return Arrays.asList(row.isNullAt(1) ? null : row.getLong(1), ms(row, 2), ms(row, 3), ms(row, 4), ms(row, 5));
    }

    private static MessageRow process(
            OneInputStreamOperatorTestHarness<RowData, RowData> harness, Long time, int partition, long offset)
            throws Exception {
        MessageRow row = new MessageRow(METADATA);
        row.become(new ConsumerRecord<>("topic", partition, offset, null, null), GenericRowData.of(time));
        for (int position = 1; position <= METADATA.length; position++) {
            assertTrue(row.isNullAt(position));
        }
        harness.processElement(new StreamRecord<>(row));
        return row;
    }

    private static Long ms(MessageRow row, int position) {
        return row.isNullAt(position) ? null : row.getTimestamp(position, 3).getMillisecond();
    }

    private static List<Object> told(Object... values) {
        return Arrays.asList(values);
    }

    @Test
    void eachPartitionHasItsOwnHistory() throws Exception {
        try (OneInputStreamOperatorTestHarness<RowData, RowData> harness = harness(1, 0)) {
            harness.open();
            assertEquals(told(null, null, null, null, null), send(harness, null, 0, 4));
            assertEquals(told(4L, 90L, 0L, null, 0L), send(harness, 100L, 0, 5));
            assertEquals(told(null, 490L, 400L, null, 400L), send(harness, 500L, 1, 70));
            assertEquals(told(5L, 90L, 0L, 0L, 0L), send(harness, 50L, 0, 6));
            assertEquals(told(6L, 190L, 100L, 0L, 100L), send(harness, 200L, 0, 10));
            assertEquals(told(70L, 490L, 400L, 400L, 400L), send(harness, null, 1, 71));
        }
    }

    @Test
    void historyGoesOnAfterAFailureWhoeverReadsThePartitionThen() throws Exception {
        OperatorSubtaskState both;
        try (OneInputStreamOperatorTestHarness<RowData, RowData> zero = harness(2, 0);
                OneInputStreamOperatorTestHarness<RowData, RowData> one = harness(2, 1)) {
            zero.open();
            one.open();
            send(zero, 100L, 0, 5);
            send(one, 500L, 1, 70);
            both = AbstractStreamOperatorTestHarness.repackageState(zero.snapshot(1, 1), one.snapshot(1, 1));
        }
        // Swapped, and one of them is no longer there; then both again, with what neither has touched in between.
        OperatorSubtaskState single;
        try (OneInputStreamOperatorTestHarness<RowData, RowData> harness = harness(1, 0)) {
            harness.initializeState(
                    AbstractStreamOperatorTestHarness.repartitionOperatorState(both, 128, 2, 1, 0));
            harness.open();
            // The first message after the failure is a late one: it must not take the partition back.
            assertEquals(told(70L, 490L, 400L, 400L, 400L), send(harness, 20L, 1, 71));
            single = AbstractStreamOperatorTestHarness.repackageState(harness.snapshot(2, 2));
        }
        try (OneInputStreamOperatorTestHarness<RowData, RowData> harness = harness(2, 1)) {
            harness.initializeState(
                    AbstractStreamOperatorTestHarness.repartitionOperatorState(single, 128, 1, 2, 1));
            harness.open();
            assertEquals(told(5L, 90L, 0L, 0L, 0L), send(harness, 20L, 0, 9));
            assertEquals(told(71L, 490L, 400L, 400L, 400L), send(harness, 20L, 1, 72));
        }
    }

    @Test
    void anIntervalIsClosedWhenTheWatermarkReachesItsLastMillisecond() throws Exception {
        try (OneInputStreamOperatorTestHarness<RowData, RowData> harness = harness(1, 0)) {
            harness.open();
            assertEquals(told(null, -12L, -100L, null, -100L), send(harness, -2L, 0, 0));
            assertEquals(told(0L, -1L, -100L, -100L, 0L), send(harness, 9L, 0, 1));
            assertEquals(told(1L, 0L, 0L, -100L, 0L), send(harness, 10L, 0, 2));
            assertEquals(told(2L, 98L, 0L, 0L, 0L), send(harness, 108L, 0, 3));
            assertEquals(told(3L, 99L, 0L, 0L, 100L), send(harness, 109L, 0, 4));
            assertEquals(told(4L, 100L, 100L, 0L, 100L), send(harness, 110L, 0, 5));
            assertEquals(told(5L, 1099L, 1000L, 100L, 1100L), send(harness, 1109L, 0, 6));
        }
    }

    @Test
    void aPartitionThatIsAddedLaterBeginsWhereTheOthersAre() throws Exception {
        try (OneInputStreamOperatorTestHarness<RowData, RowData> harness = harness(1, 0)) {
            harness.open();
            send(harness, 1000L, 0, 5);
            harness.processWatermark(new org.apache.flink.streaming.api.watermark.Watermark(990));
            assertEquals(told(null, 990L, 900L, 900L, 900L), send(harness, 100L, 4, 0));
        }
    }

    @Test
    void aStretchHasANumberOfItsOwnAndAFirstMessage() throws Exception {
        try (OneInputStreamOperatorTestHarness<RowData, RowData> harness = harness(1, 0)) {
            harness.open();
            assertEquals("stretch null, begins", stretch(harness, null, 7, 4));
            assertEquals("stretch 7, begins", stretch(harness, 100L, 7, 5));
            assertEquals("stretch 7, goes on", stretch(harness, 50L, 7, 6));
            assertEquals("stretch 7, begins", stretch(harness, 60L, 7, 8));
            assertEquals("stretch " + (100 * 65536 + 7) + ", begins", stretch(harness, 110L, 7, 9));
            assertEquals("stretch " + (100 * 65536 + 7) + ", goes on", stretch(harness, 120L, 7, 10));
            assertEquals("stretch " + (-100 * 65536 + 8) + ", begins", stretch(harness, -20L, 8, 0));
            // Several rows of one message.
            assertEquals("stretch " + (-100 * 65536 + 8) + ", goes on", stretch(harness, -20L, 8, 0));
        }
    }

    private static String stretch(
            OneInputStreamOperatorTestHarness<RowData, RowData> harness, Long time, int partition, long offset)
            throws Exception {
        MessageRow row = process(harness, time, partition, offset);
        return "stretch " + (row.isNullAt(6) ? null : row.getLong(6)) + (row.getBoolean(7) ? ", begins" : ", goes on");
    }
}
