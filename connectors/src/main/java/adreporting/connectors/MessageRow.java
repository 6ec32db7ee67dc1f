package adreporting.connectors;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.header.Header;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RawValueData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.types.RowKind;
import org.apache.flink.types.variant.Variant;

/**
 * A message as a row: the format's columns, then the declared metadata.
 *
 * <p>Metadata are looked up when somebody reads them, and most of most messages nobody reads: of a view that is reported,
 * Kafka's key, headers and offset are not. One object is filled again for each message, which needs {@code
 * pipeline.object-reuse}.
 */
final class MessageRow implements RowData {

    private final MessageColumn[] metadata;

    private GenericRowData value;
    private int first;
    private ConsumerRecord<byte[], byte[]> message;
    private PartitionHistory history;

    /** @param metadata what stands behind the format's columns, in that order */
    MessageRow(MessageColumn[] metadata) {
        this.metadata = metadata;
    }

    /** Without a history; its columns are NULL until there is one. */
    void become(ConsumerRecord<byte[], byte[]> message, GenericRowData value) {
        this.message = message;
        this.value = value;
        this.first = value.getArity();
        this.history = null;
    }

    void setHistory(PartitionHistory history) {
        this.history = history;
    }

    /** What is known of the partition up to this message, null where that has not been told yet. */
    PartitionHistory history() {
        return history;
    }

    int partition() {
        return message.partition();
    }

    long offset() {
        return message.offset();
    }

    @Override
    public int getArity() {
        return first + metadata.length;
    }

    @Override
    public RowKind getRowKind() {
        return value.getRowKind();
    }

    @Override
    public void setRowKind(RowKind kind) {
        value.setRowKind(kind);
    }

    @Override
    public boolean isNullAt(int position) {
        if (position < first) {
            return value.isNullAt(position);
        }
        return switch (metadata[position - first]) {
            case TIMESTAMP_UTC, PARTITION, OFFSET -> false;
            case KEY -> message.key() == null;
            case HEADERS -> getMap(position) == null;
            case PREVIOUS_OFFSET -> history == null || !history.hasPreviousOffset();
            case STRETCH -> history == null || history.arrival() == null;
            case BEGINS_STRETCH -> history == null;
            case PARTITION_WATERMARK, ARRIVAL, PREVIOUS_ARRIVAL, OPEN_SINCE -> getTimestamp(position, 3) == null;
        };
    }

    @Override
    public int getInt(int position) {
        return position < first ? value.getInt(position) : message.partition();
    }

    @Override
    public long getLong(int position) {
        if (position < first) {
            return value.getLong(position);
        }
        return switch (metadata[position - first]) {
            case OFFSET -> message.offset();
            case PREVIOUS_OFFSET -> history.previousOffset();
            case STRETCH -> history.stretch();
            default -> throw noSuchType(position);
        };
    }

    @Override
    public TimestampData getTimestamp(int position, int precision) {
        if (position < first) {
            return value.getTimestamp(position, precision);
        }
        MessageColumn column = metadata[position - first];
        if (column == MessageColumn.TIMESTAMP_UTC) {
            return TimestampData.fromEpochMillis(message.timestamp());
        }
        if (history == null) {
            return null;
        }
        return switch (column) {
            case PARTITION_WATERMARK -> history.watermarkTimestamp();
            case ARRIVAL -> history.arrival();
            case PREVIOUS_ARRIVAL -> history.previousArrival();
            case OPEN_SINCE -> history.openSince();
            default -> throw noSuchType(position);
        };
    }

    @Override
    public byte[] getBinary(int position) {
        return position < first ? value.getBinary(position) : message.key();
    }

    /** NULL where there are no headers, as nearly always: every projection copies a map. */
    @Override
    public MapData getMap(int position) {
        if (position < first) {
            return value.getMap(position);
        }
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

    @Override
    public boolean getBoolean(int position) {
        return position < first ? value.getBoolean(position) : history.beginsStretch();
    }

    private IllegalStateException noSuchType(int position) {
        return new IllegalStateException(metadata[position - first] + " is of another type.");
    }

    // Of these types there is no metadata.

    @Override
    public byte getByte(int position) {
        return value.getByte(position);
    }

    @Override
    public short getShort(int position) {
        return value.getShort(position);
    }

    @Override
    public float getFloat(int position) {
        return value.getFloat(position);
    }

    @Override
    public double getDouble(int position) {
        return value.getDouble(position);
    }

    @Override
    public StringData getString(int position) {
        return value.getString(position);
    }

    @Override
    public DecimalData getDecimal(int position, int precision, int scale) {
        return value.getDecimal(position, precision, scale);
    }

    @Override
    public <T> RawValueData<T> getRawValue(int position) {
        return value.getRawValue(position);
    }

    @Override
    public ArrayData getArray(int position) {
        return value.getArray(position);
    }

    @Override
    public RowData getRow(int position, int fields) {
        return value.getRow(position, fields);
    }

    @Override
    public Variant getVariant(int position) {
        return value.getVariant(position);
    }
}
