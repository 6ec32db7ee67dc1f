package adreporting.connectors;

import java.io.IOException;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;

/**
 * Messages as rows: what the format makes of the value, then the metadata. {@link PartitionHistoryOperator} fills in what
 * takes memory.
 *
 * <p>Flink's own does the same through a row for the key, a list and one object for each metadata column.
 */
final class MessageDecoder implements KafkaRecordDeserializationSchema<RowData>, Collector<RowData> {

    private static final long serialVersionUID = 1L;

    private final DeserializationSchema<RowData> values;
    private final MessageColumns columns;
    private final int arity;
    private final TypeInformation<RowData> producedType;

    private transient ConsumerRecord<byte[], byte[]> message;
    private transient Collector<RowData> rows;

    /**
     * @param values the format: one row, none or several of each message's value
     * @param arity of the rows with all metadata
     */
    MessageDecoder(
            DeserializationSchema<RowData> values,
            MessageColumns columns,
            int arity,
            TypeInformation<RowData> producedType) {
        this.values = values;
        this.columns = columns;
        this.arity = arity;
        this.producedType = producedType;
    }

    @Override
    public void open(DeserializationSchema.InitializationContext context) throws Exception {
        values.open(context);
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> message, Collector<RowData> rows) throws IOException {
        this.message = message;
        this.rows = rows;
        values.deserialize(message.value(), this);
    }

    @Override
    public void collect(RowData value) {
        GenericRowData decoded = (GenericRowData) value;
        GenericRowData row = new GenericRowData(decoded.getRowKind(), arity);
        int count = decoded.getArity();
        for (int i = 0; i < count; i++) {
            row.setField(i, decoded.getField(i));
        }
        columns.fill(row, message);
        rows.collect(row);
    }

    @Override
    public void close() {}

    @Override
    public TypeInformation<RowData> getProducedType() {
        return producedType;
    }
}
