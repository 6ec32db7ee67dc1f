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
 * Messages as rows: what the format makes of the value, then the metadata. {@link PartitionHistoryOperator} adds what takes
 * memory.
 *
 * <p>Flink's own does the same through a row for the key, a list, one object for each metadata column and a copy of all.
 */
final class MessageDecoder implements KafkaRecordDeserializationSchema<RowData>, Collector<RowData> {

    private static final long serialVersionUID = 1L;

    private final DeserializationSchema<RowData> values;
    private final MessageColumn[] metadata;
    private final TypeInformation<RowData> producedType;

    private transient ConsumerRecord<byte[], byte[]> message;
    private transient Collector<RowData> rows;
    private transient MessageRow row;

    /**
     * @param values the format: one row, none or several of each message's value
     * @param metadata what the table declares, behind the format's columns
     */
    MessageDecoder(
            DeserializationSchema<RowData> values,
            MessageColumn[] metadata,
            TypeInformation<RowData> producedType) {
        this.values = values;
        this.metadata = metadata;
        this.producedType = producedType;
    }

    @Override
    public void open(DeserializationSchema.InitializationContext context) throws Exception {
        values.open(context);
        row = new MessageRow(metadata);
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> message, Collector<RowData> rows) throws IOException {
        this.message = message;
        this.rows = rows;
        values.deserialize(message.value(), this);
    }

    @Override
    public void collect(RowData value) {
        row.become(message, (GenericRowData) value);
        rows.collect(row);
    }

    @Override
    public void close() {}

    @Override
    public TypeInformation<RowData> getProducedType() {
        return producedType;
    }
}
