package adreporting.connectors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.record.TimestampType;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.Test;

class MessageDecoderTest {

    /** As many rows as the value has bytes, and none of null. */
    private static final class RowOfEachByte extends AbstractDeserializationSchema<RowData> {
        @Override
        public RowData deserialize(byte[] value) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void deserialize(byte[] value, Collector<RowData> rows) {
            for (int i = 0; value != null && i < value.length; i++) {
                rows.collect(GenericRowData.of((int) value[i], "more"));
            }
        }
    }

    private static final List<String> DECLARED =
            List.of(
                    "value.more",
                    "timestamp-utc",
                    "offset",
                    "partition",
                    "headers",
                    "key",
                    "previous-offset",
                    "partition-watermark",
                    "arrival",
                    "previous-arrival",
                    "open-since");

    private static List<RowData> decode(byte[] key, byte[] value, RecordHeaders headers) throws IOException {
        ConsumerRecord<byte[], byte[]> message =
                new ConsumerRecord<>(
                        "topic", 3, 42, 1234, TimestampType.CREATE_TIME, 0, 0, key, value, headers, Optional.empty());
        List<RowData> rows = new ArrayList<>();
        new MessageDecoder(new RowOfEachByte(), MessageColumns.of(DECLARED, 1), 12, null)
                .deserialize(message, new ListCollector<>(rows));
        return rows;
    }

    @Test
    void aRowHasTheValuesColumnsAndWhatKafkaKnows() throws IOException {
        RecordHeaders headers = new RecordHeaders();
        headers.add("trace", new byte[] {7});
        byte[] key = {1, 2};
        List<RowData> rows = decode(key, new byte[] {5, 6}, headers);
        assertEquals(2, rows.size());
        GenericRowData row = (GenericRowData) rows.get(1);
        assertEquals(6, row.getField(0));
        assertEquals("more", row.getField(1));
        assertEquals(TimestampData.fromEpochMillis(1234), row.getField(2));
        assertEquals(42L, row.getField(3));
        assertEquals(3, row.getField(4));
        assertArrayEquals(
                new byte[] {7}, (byte[]) ((GenericMapData) row.getField(5)).get(StringData.fromString("trace")));
        assertEquals(key, row.getField(6));
        for (int position = 7; position < 12; position++) {
            assertTrue(row.isNullAt(position));
        }
    }

    @Test
    void withoutKeyAndHeadersTheyAreNull() throws IOException {
        RowData row = decode(null, new byte[] {5}, new RecordHeaders()).get(0);
        assertTrue(row.isNullAt(5));
        assertTrue(row.isNullAt(6));
        assertEquals(List.of(), decode(null, null, new RecordHeaders()));
    }

    @Test
    void whatIsMissingInTheTableIsNamed() {
        List<String> some = DECLARED.stream().filter(name -> !name.equals("arrival")).toList();
        String message =
                assertThrows(IllegalArgumentException.class, () -> MessageColumns.of(some, 1)).getMessage();
        assertTrue(message.contains("[arrival] is missing"), message);
    }
}
