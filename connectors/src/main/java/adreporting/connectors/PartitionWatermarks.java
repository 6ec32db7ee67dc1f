package adreporting.connectors;

import org.apache.flink.api.common.eventtime.TimestampAssigner;
import org.apache.flink.api.common.eventtime.TimestampAssignerSupplier;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.table.data.RowData;

/**
 * The watermarks of the Kafka source: of each partition the one that {@link PartitionHistoryOperator} has computed.
 *
 * <p>The source hands a message to the operator, which is chained to it, and after that to the generator of its partition.
 * So the row already holds its partition's watermark, and it is computed once. Needs {@code pipeline.object-reuse}:
 * otherwise the operator is given a copy.
 */
final class PartitionWatermarks implements WatermarkStrategy<RowData> {

    private static final long serialVersionUID = 1L;

    /** Event time is a column of the row; nobody reads it from the record. */
    @Override
    public TimestampAssigner<RowData> createTimestampAssigner(TimestampAssignerSupplier.Context context) {
        return (row, kafkaTimestamp) -> kafkaTimestamp;
    }

    @Override
    public WatermarkGenerator<RowData> createWatermarkGenerator(WatermarkGeneratorSupplier.Context context) {
        return new WatermarkGenerator<>() {
            private long newest = PartitionHistory.NONE;

            @Override
            public void onEvent(RowData row, long timestamp, WatermarkOutput output) {
                newest = ((MessageRow) row).history().watermark();
            }

            @Override
            public void onPeriodicEmit(WatermarkOutput output) {
                if (newest != PartitionHistory.NONE) {
                    output.emitWatermark(new Watermark(newest));
                }
            }
        };
    }
}
