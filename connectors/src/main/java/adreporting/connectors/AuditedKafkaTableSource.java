package adreporting.connectors;

import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.connectors.kafka.config.BoundedMode;
import org.apache.flink.streaming.connectors.kafka.config.StartupMode;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSource;
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
 * <p>The metadata columns, besides those of the value's format:
 *
 * <ul>
 *   <li>{@code 'partition'}, INT, and {@code 'offset'}, BIGINT, as {@code 'kafka'} has them.
 *   <li>{@code 'key'}, BYTES: the message's key as it is.
 *   <li>{@code 'headers'}, MAP: as {@code 'kafka'} has them, but NULL where there are none.
 *   <li>{@code 'timestamp-utc'}, TIMESTAMP(3): Kafka's timestamp without a time zone, because converting it costs more than
 *       decoding a message.
 *   <li>{@code 'previous-offset'}, BIGINT: the offset of the message before this one in its partition; NULL for the first
 *       one ever read.
 *   <li>{@code 'partition-watermark'}, TIMESTAMP(3): what the table's WATERMARK makes of all messages of the partition up
 *       to this one; NULL while there is none.
 *   <li>{@code 'arrival'}, TIMESTAMP(3): the beginning of the {@code history.interval} in which that watermark is. Arrival
 *       is told by the partition's own clock, which only goes forward.
 *   <li>{@code 'previous-arrival'}, TIMESTAMP(3): the same for the message before this one.
 *   <li>{@code 'open-since'}, TIMESTAMP(3): the beginning of the oldest interval that the watermark has not closed. A window
 *       is closed when the watermark reaches its last millisecond.
 *   <li>{@code 'stretch'}, BIGINT: a number of its own for each partition and arrival, milliseconds since 1970 of the
 *       arrival * 65536 + partition; NULL while there is no arrival.
 *   <li>{@code 'begins-stretch'}, BOOLEAN: whether this message is the first one ever read, or the first of its stretch, or
 *       comes behind a gap of offsets.
 * </ul>
 */
final class AuditedKafkaTableSource extends KafkaDynamicSource {

    private static final String OF_VALUE = "value.";

    private MessageColumn[] metadata = {};
    private String punctuationField;
    private Duration silenceAfter;
    private Duration interval;

    AuditedKafkaTableSource(
            DataType physicalDataType,
            DecodingFormat<DeserializationSchema<RowData>> valueDecodingFormat,
            int[] valueProjection,
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
                null,
                valueDecodingFormat,
                new int[0],
                valueProjection,
                null,
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

    void takePropertiesFrom(String file) {
        if (file.isEmpty()) {
            return;
        }
        try {
            ClientPropertiesFile.refer(properties, file);
        } catch (IllegalArgumentException e) {
            throw new ValidationException(e.getMessage());
        }
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
        Map<String, DataType> readable = new LinkedHashMap<>();
        valueDecodingFormat.listReadableMetadata().forEach((key, type) -> readable.put(OF_VALUE + key, type));
        for (MessageColumn column : MessageColumn.values()) {
            readable.put(column.key, column.type);
        }
        return readable;
    }

    @Override
    public void applyReadableMetadata(List<String> metadataKeys, DataType producedDataType) {
        // The format's own come first, and it fills them in.
        metadata =
                metadataKeys.stream()
                        .filter(key -> !key.startsWith(OF_VALUE))
                        .map(MessageColumn::of)
                        .toArray(MessageColumn[]::new);
        super.applyReadableMetadata(metadataKeys, producedDataType);
    }

    /** As Flink's, which has no place for another deserializer. */
    @Override
    protected KafkaSource<RowData> createKafkaSource(
            DeserializationSchema<RowData> keys, DeserializationSchema<RowData> values, TypeInformation<RowData> rows) {
        KafkaSourceBuilder<RowData> source =
                KafkaSource.<RowData>builder()
                        .setTopics(topics)
                        .setProperties(properties)
                        .setDeserializer(new MessageDecoder(values, metadata, rows))
                        .setStartingOffsets(
                                switch (startupMode) {
                                    case EARLIEST -> OffsetsInitializer.earliest();
                                    case LATEST -> OffsetsInitializer.latest();
                                    case TIMESTAMP -> OffsetsInitializer.timestamp(startupTimestampMillis);
                                    case SPECIFIC_OFFSETS -> OffsetsInitializer.offsets(specificStartupOffsets);
                                    case GROUP_OFFSETS -> OffsetsInitializer.committedOffsets(
                                            OffsetResetStrategy.valueOf(
                                                    properties
                                                            .getProperty("auto.offset.reset", "none")
                                                            .toUpperCase(Locale.ROOT)));
                                });
        OffsetsInitializer end =
                switch (boundedMode) {
                    case UNBOUNDED -> null;
                    case LATEST -> OffsetsInitializer.latest();
                    case TIMESTAMP -> OffsetsInitializer.timestamp(boundedTimestampMillis);
                    case SPECIFIC_OFFSETS -> OffsetsInitializer.offsets(specificBoundedOffsets);
                    case GROUP_OFFSETS -> OffsetsInitializer.committedOffsets();
                };
        return (end == null ? source : source.setBounded(end)).build();
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
        TypeInformation<RowData> rows = context.createTypeInformation(producedDataType);
        PartitionHistoryOperator operator =
                new PartitionHistoryOperator(
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
                watermarkStrategy = new PartitionWatermarks();
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
                        valueDecodingFormat,
                        valueProjection,
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
        copy.metadata = metadata;
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
                && Arrays.equals(metadata, that.metadata)
                && Objects.equals(punctuationField, that.punctuationField)
                && Objects.equals(silenceAfter, that.silenceAfter)
                && Objects.equals(interval, that.interval);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), Arrays.hashCode(metadata));
    }
}
