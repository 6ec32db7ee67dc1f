package adreporting.connectors;

import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.LongPrimitiveArraySerializer;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.util.clock.RelativeClock;
import org.apache.flink.util.clock.SystemClock;

/**
 * Tells each message the offset before it in its partition, the partition's watermark up to it, and in which interval of
 * time (a minute, say) that watermark is.
 *
 * <p>Offset and watermark are in the checkpoint. Flink's own watermarks are not: after a failure a source starts without
 * one, while the windows behind it remember theirs, and would drop, without a word, a late event that comes before the
 * first one in time. With this memory, what is late depends on nothing but the messages of the partition, whatever fails,
 * whoever reads them. And it is never less than what the windows have seen: theirs is the least of all partitions'.
 *
 * <p>The declared watermark is computed while the columns that depend on it are NULL. The source emits what is computed
 * here: see {@link PartitionWatermarks}.
 */
final class PartitionHistoryOperator extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData> {

    private static final long serialVersionUID = 1L;
    private static final long NONE = Long.MIN_VALUE;

    private final MessageColumns columns;
    private final int punctuationPosition;
    private final WatermarkStrategy<RowData> watermarks;
    private final SilenceWriter.Settings silence;
    private final long intervalMs;

    private transient Map<Integer, Partition> partitions;
    private transient Partition latest;
    private transient ListState<long[]> state;
    private transient long sourceWatermark;
    private transient volatile long newestWatermark;
    private transient SilenceWriter writer;

    /**
     * @param columns which to fill, and where partition and offset are
     * @param punctuationPosition field that only punctuations have, or -1
     * @param watermarks the table's WATERMARK
     * @param intervalMs of which intervals of time the arrival of messages is told
     * @param silence how to write it down, or null
     */
    PartitionHistoryOperator(
            MessageColumns columns,
            int punctuationPosition,
            WatermarkStrategy<RowData> watermarks,
            long intervalMs,
            SilenceWriter.Settings silence) {
        this.columns = columns;
        this.punctuationPosition = punctuationPosition;
        this.watermarks = watermarks;
        this.silence = silence;
        this.intervalMs = intervalMs;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        partitions = new TreeMap<>();
        sourceWatermark = NONE;
        newestWatermark = NONE;
        // Who reads which partition changes with the parallelism, so everybody gets all of it. Entries of those who no
        // longer read a partition stay behind; what is newest is right, because both numbers only grow.
        state =
                context.getOperatorStateStore()
                        .getUnionListState(
                                new ListStateDescriptor<>("partitions", LongPrimitiveArraySerializer.INSTANCE));
        for (long[] entry : state.get()) {
            Partition partition = partitions.computeIfAbsent((int) entry[0], number -> new Partition(NONE));
            partition.offset = partition.offset == null ? entry[1] : Math.max(partition.offset, entry[1]);
            partition.advance(entry[2]);
            newestWatermark = Math.max(newestWatermark, entry[2]);
        }
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        state.clear();
        for (Map.Entry<Integer, Partition> entry : partitions.entrySet()) {
            Partition partition = entry.getValue();
            state.add(new long[] {entry.getKey(), partition.offset, partition.watermark});
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        if (silence != null) {
            writer =
                    new SilenceWriter(
                            silence,
                            getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0,
                            getRuntimeContext().getGlobalAggregateManager(),
                            () -> newestWatermark,
                            getMetricGroup().addGroup("silence").counter("punctuations"));
            writer.start();
        }
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
        GenericRowData row = (GenericRowData) element.getValue();
        Long offset = (Long) row.getField(columns.offset());
        Partition partition = partition((Integer) row.getField(columns.partition()));
        row.setField(columns.previousOffset(), partition.offset);
        row.setField(columns.previousArrival(), partition.arrival);
        partition.generator.onEvent(row, element.getTimestamp(), partition);
        partition.generator.onPeriodicEmit(partition);
        row.setField(columns.watermark(), partition.timestamp);
        row.setField(columns.arrival(), partition.arrival);
        row.setField(columns.openSince(), partition.openSince);
        partition.offset = offset;
        boolean punctuation = punctuationPosition >= 0 && !row.isNullAt(punctuationPosition);
        if (!punctuation && partition.watermark > newestWatermark) {
            newestWatermark = partition.watermark;
        }
        output.collect(element);
    }

    @Override
    public void processWatermark(org.apache.flink.streaming.api.watermark.Watermark mark) throws Exception {
        sourceWatermark = mark.getTimestamp();
        super.processWatermark(mark);
    }

    @Override
    public void close() throws Exception {
        if (writer != null) {
            writer.close();
        }
        super.close();
    }

    private Partition partition(Integer number) {
        if (latest == null || latest.number != number) {
            // A partition that was added to a running topic: windows may be as far as the others are.
            latest = partitions.computeIfAbsent(number, n -> new Partition(sourceWatermark));
            latest.number = number;
        }
        return latest;
    }

    /** What came so far in one partition. Takes the watermarks of its generator. */
    private final class Partition implements WatermarkOutput {

        private final WatermarkGenerator<RowData> generator = watermarks.createWatermarkGenerator(new Context());
        private int number = -1;
        private Long offset;
        private long watermark = NONE;
        private TimestampData timestamp;
        private TimestampData arrival;
        private TimestampData openSince;
        // The first watermark that changes one of these two.
        private long nextChange = NONE;

        Partition(long watermark) {
            advance(watermark);
        }

        void advance(long to) {
            if (to > watermark) {
                watermark = to;
                timestamp = TimestampData.fromEpochMillis(to);
                if (to >= nextChange) {
                    long begin = beginOfInterval(to);
                    long open = beginOfInterval(to + 1);
                    arrival = TimestampData.fromEpochMillis(begin);
                    openSince = TimestampData.fromEpochMillis(open);
                    nextChange = open > begin ? open : begin + intervalMs - 1;
                }
            }
        }

        private long beginOfInterval(long ms) {
            return ms - Math.floorMod(ms, intervalMs);
        }

        @Override
        public void emitWatermark(Watermark mark) {
            advance(mark.getTimestamp());
        }

        @Override
        public void markIdle() {}

        @Override
        public void markActive() {}
    }

    private final class Context implements WatermarkGeneratorSupplier.Context {

        @Override
        public MetricGroup getMetricGroup() {
            return PartitionHistoryOperator.this.getMetricGroup();
        }

        @Override
        public RelativeClock getInputActivityClock() {
            return SystemClock.getInstance();
        }
    }
}
