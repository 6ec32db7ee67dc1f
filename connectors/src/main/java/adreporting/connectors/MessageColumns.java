package adreporting.connectors;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.header.Header;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;

/**
 * Where in a row a message's metadata stand. {@code key}, {@code headers} and {@code timestamp} are -1 where the table does
 * not declare them; it must declare the others.
 */
record MessageColumns(
        int key,
        int headers,
        int timestamp,
        int partition,
        int offset,
        int previousOffset,
        int watermark,
        int arrival,
        int previousArrival,
        int openSince)
        implements Serializable {

    private static final List<String> NEEDED =
            List.of(
                    AuditedKafkaTableSource.PARTITION,
                    AuditedKafkaTableSource.OFFSET,
                    AuditedKafkaTableSource.PREVIOUS_OFFSET,
                    AuditedKafkaTableSource.PARTITION_WATERMARK,
                    AuditedKafkaTableSource.ARRIVAL,
                    AuditedKafkaTableSource.PREVIOUS_ARRIVAL,
                    AuditedKafkaTableSource.OPEN_SINCE);

    /**
     * @param names of the table's metadata columns, in their order
     * @param first position of the first of them
     * @throws IllegalArgumentException where one is missing that must be there; its message is a sentence for a person
     */
    static MessageColumns of(List<String> names, int first) {
        List<String> missing = new ArrayList<>(NEEDED);
        missing.removeAll(names);
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException(
                    String.format(
                            "A table with 'connector' = 'audited-kafka' must declare METADATA FROM each of %s, and %s is"
                                    + " missing; where none is needed, use 'kafka'.",
                            NEEDED, missing));
        }
        Map<String, Integer> at = new HashMap<>();
        for (int i = 0; i < names.size(); i++) {
            at.put(names.get(i), first + i);
        }
        return new MessageColumns(
                at.getOrDefault(AuditedKafkaTableSource.KEY, -1),
                at.getOrDefault(AuditedKafkaTableSource.HEADERS, -1),
                at.getOrDefault(AuditedKafkaTableSource.TIMESTAMP_UTC, -1),
                at.get(AuditedKafkaTableSource.PARTITION),
                at.get(AuditedKafkaTableSource.OFFSET),
                at.get(AuditedKafkaTableSource.PREVIOUS_OFFSET),
                at.get(AuditedKafkaTableSource.PARTITION_WATERMARK),
                at.get(AuditedKafkaTableSource.ARRIVAL),
                at.get(AuditedKafkaTableSource.PREVIOUS_ARRIVAL),
                at.get(AuditedKafkaTableSource.OPEN_SINCE));
    }

    /** What Kafka knows of the message. */
    void fill(GenericRowData row, ConsumerRecord<byte[], byte[]> message) {
        if (key >= 0) {
            row.setField(key, message.key());
        }
        if (headers >= 0) {
            row.setField(headers, headers(message));
        }
        if (timestamp >= 0) {
            row.setField(timestamp, TimestampData.fromEpochMillis(message.timestamp()));
        }
        row.setField(partition, message.partition());
        row.setField(offset, message.offset());
    }

    /** NULL where there are none, as nearly always: every projection copies a map. */
    private static GenericMapData headers(ConsumerRecord<byte[], byte[]> message) {
        Header[] headers = message.headers().toArray();
        if (headers.length == 0) {
            return null;
        }
        Map<StringData, byte[]> map = new HashMap<>();
        for (Header header : headers) {
            map.put(StringData.fromString(header.key()), header.value());
        }
        return new GenericMapData(map);
    }
}
