package adreporting.connectors;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.connectors.kafka.config.BoundedMode;
import org.apache.flink.streaming.connectors.kafka.config.StartupMode;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSource;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/**
 * Flink's Kafka source and, chained to it, {@link PartitionHistoryOperator}.
 *
 * <p>More metadata columns than {@code 'kafka'} has:
 *
 * <ul>
 *   <li>{@code 'previous-offset'}, BIGINT: the offset of the message before this one in its partition; NULL for the first
 *       one ever read.
 *   <li>{@code 'partition-watermark'}, TIMESTAMP(3): what the table's WATERMARK makes of all messages of the partition up
 *       to this one; NULL while there is none.
 *   <li>{@code 'arrival'}, TIMESTAMP(3): the beginning of the {@code history.interval} in which that watermark is. Arrival
 *       is told by the partition's own clock, which only goes forward.
 *   <li>{@code 'previous-arrival'}, TIMESTAMP(3): the same for the message before this one.
 *   <li>{@code 'open-since'}, TIMESTAMP(3): the beginning of the oldest interval that the watermark has not closed. A window
 *       is closed when the watermark reaches its last millisecond.
 *   <li>{@code 'timestamp-utc'}, TIMESTAMP(3): Kafka's timestamp, as {@code 'timestamp'}, but without a time zone, because
 *       converting it costs more than decoding a message.
 *   <li>{@code 'headers'}, as in {@code 'kafka'}, but NULL where the message has none.
 * </ul>
 */
final class AuditedKafkaTableSource extends KafkaDynamicSource {

    static final String PREVIOUS_OFFSET = "previous-offset";
    static final String PARTITION_WATERMARK = "partition-watermark";
    static final String ARRIVAL = "arrival";
    static final String PREVIOUS_ARRIVAL = "previous-arrival";
    static final String OPEN_SINCE = "open-since";
    static final String TIMESTAMP_UTC = "timestamp-utc";
    static final String HEADERS = "headers";

    /** What the Kafka source puts in the place of each, for the operator to read or because it is the same inside. */
    private static final Map<String, String> FILLED_BY_KAFKA =
            Map.of(
                    PREVIOUS_OFFSET, "offset",
                    PARTITION_WATERMARK, "partition",
                    ARRIVAL, "partition",
                    PREVIOUS_ARRIVAL, "partition",
                    OPEN_SINCE, "partition",
                    TIMESTAMP_UTC, "timestamp");

    private PartitionHistoryOperator.Positions positions;
    private String punctuationField;
    private Duration silenceAfter;
    private Duration interval;

    AuditedKafkaTableSource(
            DataType physicalDataType,
            DecodingFormat<DeserializationSchema<RowData>> keyDecodingFormat,
            DecodingFormat<DeserializationSchema<RowData>> valueDecodingFormat,
            int[] keyProjection,
            int[] valueProjection,
            String keyPrefix,
            List<String> topics,
            Properties properties,
            StartupMode startupMode,
            Map<TopicPartition, Long> specificStartupOffsets,
            long startupTimestampMillis,
            BoundedMode boundedMode,
            Map<TopicPartition, Long> specificBoundedOffsets,
            long boundedTimestampMillis,
            String tableIdentifier,
            Integer parallelism) {
        super(
                physicalDataType,
                keyDecodingFormat,
                valueDecodingFormat,
                keyProjection,
                valueProjection,
                keyPrefix,
                topics,
                null,
                properties,
                startupMode,
                specificStartupOffsets,
                startupTimestampMillis,
                boundedMode,
                specificBoundedOffsets,
                boundedTimestampMillis,
                false,
                tableIdentifier,
                parallelism);
    }

    void tellArrivalBy(Duration interval) {
        this.interval = interval;
    }

    void writeSilence(String punctuationField, Duration silenceAfter) {
        if (punctuationField != null && !DataType.getFieldNames(physicalDataType).contains(punctuationField)) {
            throw new ValidationException(
                    String.format(
                            "silence.punctuation-field names '%s', which is no column of the table.", punctuationField));
        }
        this.punctuationField = punctuationField;
        this.silenceAfter = silenceAfter;
    }

    @Override
    public Map<String, DataType> listReadableMetadata() {
        Map<String, DataType> readable = super.listReadableMetadata();
        readable.put(PREVIOUS_OFFSET, DataTypes.BIGINT().nullable());
        readable.put(PARTITION_WATERMARK, DataTypes.TIMESTAMP(3).nullable());
        readable.put(ARRIVAL, DataTypes.TIMESTAMP(3).nullable());
        readable.put(PREVIOUS_ARRIVAL, DataTypes.TIMESTAMP(3).nullable());
        readable.put(OPEN_SINCE, DataTypes.TIMESTAMP(3).nullable());
        readable.put(HEADERS, readable.get(HEADERS).nullable());
        readable.put(TIMESTAMP_UTC, DataTypes.TIMESTAMP(3).notNull());
        return readable;
    }

    @Override
    public void applyReadableMetadata(List<String> metadataKeys, DataType producedDataType) {
        List<String> needed = List.of(PREVIOUS_OFFSET, PARTITION_WATERMARK, ARRIVAL, PREVIOUS_ARRIVAL, OPEN_SINCE);
        if (!metadataKeys.containsAll(needed)) {
            throw new ValidationException(
                    String.format(
                            "A table with 'connector' = 'audited-kafka' must declare METADATA FROM each of %s; where none"
                                    + " is needed, use 'kafka'.",
                            needed));
        }
        int columns = DataType.getFieldCount(physicalDataType);
        positions =
                new PartitionHistoryOperator.Positions(
                        columns + metadataKeys.indexOf(PREVIOUS_OFFSET),
                        columns + metadataKeys.indexOf(PARTITION_WATERMARK),
                        columns + metadataKeys.indexOf(ARRIVAL),
                        columns + metadataKeys.indexOf(PREVIOUS_ARRIVAL),
                        columns + metadataKeys.indexOf(OPEN_SINCE),
                        metadataKeys.contains(HEADERS) ? columns + metadataKeys.indexOf(HEADERS) : -1);
        super.applyReadableMetadata(
                metadataKeys.stream().map(key -> FILLED_BY_KAFKA.getOrDefault(key, key)).toList(), producedDataType);
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
        TypeInformation<RowData> rows = context.createTypeInformation(producedDataType);
        PartitionHistoryOperator operator =
                new PartitionHistoryOperator(
                        positions,
                        punctuationField == null
                                ? -1
                                : DataType.getFieldNames(physicalDataType).indexOf(punctuationField),
                        watermarkStrategy == null ? WatermarkStrategy.noWatermarks() : watermarkStrategy,
                        interval.toMillis(),
                        punctuationField == null
                                ? null
                                : new SilenceWriter.Settings(
                                        topics.get(0), punctuationField, silenceAfter.toMillis(), properties));
        DataStreamScanProvider kafka = (DataStreamScanProvider) super.getScanRuntimeProvider(context);
        return new DataStreamScanProvider() {
            @Override
            public DataStream<RowData> produceDataStream(ProviderContext provider, StreamExecutionEnvironment env) {
                if (!env.getConfig().isObjectReuseEnabled()) {
                    throw new ValidationException("'audited-kafka' needs SET 'pipeline.object-reuse' = 'true'.");
                }
                // The provider takes the strategy from this field.
                WatermarkStrategy<RowData> declared = watermarkStrategy;
                watermarkStrategy = new PartitionWatermarks(positions.watermark());
                DataStream<RowData> messages = kafka.produceDataStream(provider, env);
                watermarkStrategy = declared;
                SingleOutputStreamOperator<RowData> audited =
                        messages.transform("PartitionHistory-" + tableIdentifier, rows, operator);
                provider.generateUid("partition-history").ifPresent(audited::uid);
                return audited;
            }

            @Override
            public boolean isBounded() {
                return kafka.isBounded();
            }

            @Override
            public Optional<Integer> getParallelism() {
                return kafka.getParallelism();
            }
        };
    }

    @Override
    public DynamicTableSource copy() {
        AuditedKafkaTableSource copy =
                new AuditedKafkaTableSource(
                        physicalDataType,
                        keyDecodingFormat,
                        valueDecodingFormat,
                        keyProjection,
                        valueProjection,
                        keyPrefix,
                        topics,
                        properties,
                        startupMode,
                        specificStartupOffsets,
                        startupTimestampMillis,
                        boundedMode,
                        specificBoundedOffsets,
                        boundedTimestampMillis,
                        tableIdentifier,
                        parallelism);
        copy.producedDataType = producedDataType;
        copy.metadataKeys = metadataKeys;
        copy.watermarkStrategy = watermarkStrategy;
        copy.positions = positions;
        copy.punctuationField = punctuationField;
        copy.silenceAfter = silenceAfter;
        copy.interval = interval;
        return copy;
    }

    @Override
    public String asSummaryString() {
        return "Kafka table source with each partition's history";
    }

    @Override
    public boolean equals(Object other) {
        return super.equals(other)
                && other instanceof AuditedKafkaTableSource that
                && Objects.equals(positions, that.positions)
                && Objects.equals(punctuationField, that.punctuationField)
                && Objects.equals(silenceAfter, that.silenceAfter)
                && Objects.equals(interval, that.interval);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), positions);
    }
}
