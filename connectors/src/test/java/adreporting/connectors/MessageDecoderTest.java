package adreporting.connectors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.record.TimestampType;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
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
                rows.collect(GenericRowData.of((int) value[i], StringData.fromString("more")));
            }
        }
    }

    private static final MessageColumn[] DECLARED = {
        MessageColumn.TIMESTAMP_UTC,
        MessageColumn.OFFSET,
        MessageColumn.PARTITION,
        MessageColumn.HEADERS,
        MessageColumn.KEY,
        MessageColumn.PREVIOUS_OFFSET,
        MessageColumn.PARTITION_WATERMARK,
        MessageColumn.ARRIVAL,
        MessageColumn.PREVIOUS_ARRIVAL,
        MessageColumn.OPEN_SINCE
    };

    private static final List<DataType> TYPES =
            Stream.concat(
                            Stream.of(DataTypes.INT(), DataTypes.STRING()),
                            Arrays.stream(DECLARED).map(column -> column.type))
                    .toList();

    /** Copies of the rows, because the decoder fills one object again and again; read as Flink's serializers do. */
    private static List<GenericRowData> decode(byte[] key, byte[] value, RecordHeaders headers) throws Exception {
        ConsumerRecord<byte[], byte[]> message =
                new ConsumerRecord<>(
                        "topic", 3, 42, 1234, TimestampType.CREATE_TIME, 0, 0, key, value, headers, Optional.empty());
        List<GenericRowData> rows = new ArrayList<>();
        MessageDecoder decoder = new MessageDecoder(new RowOfEachByte(), DECLARED, null);
        decoder.open(null);
        decoder.deserialize(
                message,
                new Collector<>() {
                    @Override
                    public void collect(RowData row) {
                        assertEquals(TYPES.size(), row.getArity());
                        GenericRowData copy = new GenericRowData(TYPES.size());
                        for (int i = 0; i < TYPES.size(); i++) {
                            LogicalType type = TYPES.get(i).getLogicalType();
                            copy.setField(i, RowData.createFieldGetter(type, i).getFieldOrNull(row));
                        }
                        rows.add(copy);
                    }

                    @Override
                    public void close() {}
                });
        return rows;
    }

    @Test
    void aRowHasTheValuesColumnsAndWhatKafkaKnows() throws Exception {
        RecordHeaders headers = new RecordHeaders();
        headers.add("trace", new byte[] {7});
        byte[] key = {1, 2};
        List<GenericRowData> rows = decode(key, new byte[] {5, 6}, headers);
        assertEquals(2, rows.size());
        GenericRowData row = rows.get(1);
        assertEquals(6, row.getField(0));
        assertEquals(StringData.fromString("more"), row.getField(1));
        assertEquals(TimestampData.fromEpochMillis(1234), row.getField(2));
        assertEquals(42L, row.getField(3));
        assertEquals(3, row.getField(4));
        assertArrayEquals(
                new byte[] {7}, (byte[]) ((GenericMapData) row.getMap(5)).get(StringData.fromString("trace")));
        assertArrayEquals(key, row.getBinary(6));
        for (int position = 7; position < 12; position++) {
            assertTrue(row.isNullAt(position));
        }
    }

    @Test
    void withoutKeyAndHeadersTheyAreNull() throws Exception {
        RowData row = decode(null, new byte[] {5}, new RecordHeaders()).get(0);
        assertTrue(row.isNullAt(5));
        assertTrue(row.isNullAt(6));
        assertEquals(List.of(), decode(null, null, new RecordHeaders()));
    }
}
