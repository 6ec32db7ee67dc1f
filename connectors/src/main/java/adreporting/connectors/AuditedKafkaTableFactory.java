package adreporting.connectors;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;
import org.apache.flink.streaming.connectors.kafka.config.BoundedMode;
import org.apache.flink.streaming.connectors.kafka.config.StartupMode;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSource;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicTableFactory;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/**
 * Makes {@code 'connector' = 'audited-kafka'} known to Flink: every option of {@code 'kafka'} for reading one topic but
 * those for its keys, and {@code properties-file}, {@code history.interval}, {@code silence.punctuation-field} and {@code silence.after}.
 */
public final class AuditedKafkaTableFactory extends KafkaDynamicTableFactory {

    static final String IDENTIFIER = "audited-kafka";

    static final ConfigOption<Duration> INTERVAL =
            ConfigOptions.key("history.interval")
                    .durationType()
                    .defaultValue(Duration.ofMinutes(1))
                    .withDescription("By which intervals of time arrival is told: the windows of the report.");

    static final ConfigOption<String> PUNCTUATION_FIELD =
            ConfigOptions.key("silence.punctuation-field")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "A TIMESTAMP column that no event has. While a partition is quiet, messages with nothing but"
                                    + " this field are sent to it: no event before that time is to be expected. Without"
                                    + " this option nothing is sent.");

    static final ConfigOption<Duration> SILENCE_AFTER =
            ConfigOptions.key("silence.after")
                    .durationType()
                    .defaultValue(Duration.ofSeconds(30))
                    .withDescription(
                            "A partition is quiet when its leader has answered all this time and no message has come.");

    static final ConfigOption<String> PROPERTIES_FILE =
            ConfigOptions.key("properties-file")
                    .stringType()
                    .defaultValue("")
                    .withDescription(
                            "A file of more client properties, such as passwords, that each client reads where it runs."
                                    + " Empty: none.");

    @Override
    public String factoryIdentifier() {
        return IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        Set<ConfigOption<?>> options = super.optionalOptions();
        options.add(INTERVAL);
        options.add(PROPERTIES_FILE);
        options.add(PUNCTUATION_FIELD);
        options.add(SILENCE_AFTER);
        return options;
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        AuditedKafkaTableSource source = (AuditedKafkaTableSource) super.createDynamicTableSource(context);
        Configuration options = Configuration.fromMap(context.getCatalogTable().getOptions());
        source.takePropertiesFrom(options.get(PROPERTIES_FILE));
        source.tellArrivalBy(options.get(INTERVAL));
        source.writeSilence(options.get(PUNCTUATION_FIELD), options.get(SILENCE_AFTER));
        return source;
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        throw new ValidationException("'audited-kafka' is for reading; write with 'connector' = 'kafka'.");
    }

    @Override
    protected KafkaDynamicSource createKafkaTableSource(
            DataType physicalDataType,
            DecodingFormat<DeserializationSchema<RowData>> keyDecodingFormat,
            DecodingFormat<DeserializationSchema<RowData>> valueDecodingFormat,
            int[] keyProjection,
            int[] valueProjection,
            String keyPrefix,
            List<String> topics,
            Pattern topicPattern,
            Properties properties,
            StartupMode startupMode,
            Map<TopicPartition, Long> specificStartupOffsets,
            long startupTimestampMillis,
            BoundedMode boundedMode,
            Map<TopicPartition, Long> specificEndOffsets,
            long endTimestampMillis,
            String tableIdentifier,
            Integer parallelism) {
        if (topics == null || topics.size() != 1) {
            throw new ValidationException("'audited-kafka' reads exactly one topic: 'topic' = 'NAME'.");
        }
        if (keyDecodingFormat != null) {
            throw new ValidationException(
                    "'audited-kafka' has no key.format; it gives the key as it is: METADATA FROM 'key'.");
        }
        return new AuditedKafkaTableSource(
                physicalDataType,
                valueDecodingFormat,
                valueProjection,
                topics,
                properties,
                startupMode,
                specificStartupOffsets,
                startupTimestampMillis,
                boundedMode,
                specificEndOffsets,
                endTimestampMillis,
                tableIdentifier,
                parallelism);
    }
}
