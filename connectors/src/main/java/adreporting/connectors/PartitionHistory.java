package adreporting.connectors;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;

/**
 * What came in one partition up to a message, and in which interval of time its watermark is.
 *
 * <p>A stretch is what came, offset after offset, while the watermark was in one interval.
 */
final class PartitionHistory implements WatermarkOutput {

    static final long NONE = Long.MIN_VALUE;

    /** In {@link #stretch()}. Kafka wants far fewer in a topic. */
    static final long MAX_PARTITIONS = 65_536;

    private final WatermarkGenerator<RowData> generator;
    private final int partition;
    private final long intervalMs;

    private long offset = NONE;
    private long previousOffset = NONE;
    private long watermark = NONE;
    private TimestampData arrival;
    private TimestampData previousArrival;
    private TimestampData openSince;
    private long stretch;
    private boolean beginsStretch;
    // The first watermark that changes arrival or openSince.
    private long nextChange = NONE;

    /**
     * @param generator of the table's WATERMARK, for this partition alone
     * @param intervalMs length of the intervals
     */
    PartitionHistory(WatermarkGenerator<RowData> generator, int partition, long intervalMs) {
        this.generator = generator;
        this.partition = partition;
        this.intervalMs = intervalMs;
    }

    /** The next message. While the declared watermark is computed, the columns that depend on it are NULL. */
    void take(MessageRow row, long kafkaTimestamp) {
        previousOffset = offset;
        previousArrival = arrival;
        generator.onEvent(row, kafkaTimestamp, this);
        generator.onPeriodicEmit(this);
        offset = row.offset();
        beginsStretch = offset > previousOffset + 1 || arrival != previousArrival;
        row.setHistory(this);
    }

    /** What a checkpoint or the other partitions know: the newest is right, because both numbers only grow. */
    void goOnFrom(long offset, long watermark) {
        this.offset = Math.max(this.offset, offset);
        advance(watermark);
    }

    private void advance(long to) {
        if (to > watermark) {
            watermark = to;
            if (to >= nextChange) {
                long begin = beginOfInterval(to);
                long open = beginOfInterval(to + 1);
                if (arrival == null || arrival.getMillisecond() != begin) {
                    arrival = TimestampData.fromEpochMillis(begin);
                    stretch = begin * MAX_PARTITIONS + partition;
                }
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

    /** Of the newest message, {@link #NONE} before the first. */
    long offset() {
        return offset;
    }

    boolean hasPreviousOffset() {
        return previousOffset != NONE;
    }

    long previousOffset() {
        return previousOffset;
    }

    /** Milliseconds since 1970, {@link #NONE} before the first. */
    long watermark() {
        return watermark;
    }

    TimestampData watermarkTimestamp() {
        return watermark == NONE ? null : TimestampData.fromEpochMillis(watermark);
    }

    TimestampData arrival() {
        return arrival;
    }

    TimestampData previousArrival() {
        return previousArrival;
    }

    TimestampData openSince() {
        return openSince;
    }

    /** A number of its own for each partition and arrival: milliseconds since 1970 * 65536 + partition. */
    long stretch() {
        return stretch;
    }

    /** Whether it is the first message ever, or the first of its stretch, or comes behind a gap. */
    boolean beginsStretch() {
        return beginsStretch;
    }
}
