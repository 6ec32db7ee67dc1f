package adreporting.connectors;

import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
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
import org.apache.flink.table.data.RowData;
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
 * <p>The source emits the watermarks that are computed here: see {@link PartitionWatermarks}.
 */
final class PartitionHistoryOperator extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData> {

    private static final long serialVersionUID = 1L;

    private final int punctuationPosition;
    private final WatermarkStrategy<RowData> watermarks;
    private final SilenceWriter.Settings silence;
    private final long intervalMs;

    private transient Map<Integer, PartitionHistory> partitions;
    private transient PartitionHistory latest;
    private transient int latestNumber;
    private transient ListState<long[]> state;
    private transient long sourceWatermark;
    private transient volatile long newestWatermark;
    private transient SilenceWriter writer;

    /**
     * @param punctuationPosition field that only punctuations have, or -1
     * @param watermarks the table's WATERMARK
     * @param intervalMs of which intervals of time the arrival of messages is told
     * @param silence how to write it down, or null
     */
    PartitionHistoryOperator(
            int punctuationPosition,
            WatermarkStrategy<RowData> watermarks,
            long intervalMs,
            SilenceWriter.Settings silence) {
        this.punctuationPosition = punctuationPosition;
        this.watermarks = watermarks;
        this.silence = silence;
        this.intervalMs = intervalMs;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        partitions = new TreeMap<>();
        sourceWatermark = PartitionHistory.NONE;
        newestWatermark = PartitionHistory.NONE;
        // Who reads which partition changes with the parallelism, so everybody gets all of it. Entries of those who no
        // longer read a partition stay behind.
        state =
                context.getOperatorStateStore()
                        .getUnionListState(
                                new ListStateDescriptor<>("partitions", LongPrimitiveArraySerializer.INSTANCE));
        for (long[] entry : state.get()) {
            partitions.computeIfAbsent((int) entry[0], number -> newHistory(number)).goOnFrom(entry[1], entry[2]);
            newestWatermark = Math.max(newestWatermark, entry[2]);
        }
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        state.clear();
        for (Map.Entry<Integer, PartitionHistory> entry : partitions.entrySet()) {
            PartitionHistory partition = entry.getValue();
            state.add(new long[] {entry.getKey(), partition.offset(), partition.watermark()});
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
        MessageRow row = (MessageRow) element.getValue();
        PartitionHistory partition = partition(row.partition());
        partition.take(row, element.getTimestamp());
        boolean punctuation = punctuationPosition >= 0 && !row.isNullAt(punctuationPosition);
        if (!punctuation && partition.watermark() > newestWatermark) {
            newestWatermark = partition.watermark();
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

    private PartitionHistory partition(int number) {
        if (latest == null || latestNumber != number) {
            latest = partitions.get(number);
            if (latest == null) {
                latest = newHistory(number);
                // A partition that was added to a running topic: windows may be as far as the others are.
                latest.goOnFrom(PartitionHistory.NONE, sourceWatermark);
                partitions.put(number, latest);
            }
            latestNumber = number;
        }
        return latest;
    }

    private PartitionHistory newHistory(int number) {
        return new PartitionHistory(watermarks.createWatermarkGenerator(new Context()), number, intervalMs);
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
