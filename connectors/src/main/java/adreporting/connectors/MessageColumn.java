package adreporting.connectors;

import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.types.DataType;

/** A metadata column that a table may declare; {@link AuditedKafkaTableSource} says what each holds. */
enum MessageColumn {
    KEY("key", DataTypes.BYTES()),
    HEADERS("headers", DataTypes.MAP(DataTypes.STRING(), DataTypes.BYTES())),
    TIMESTAMP_UTC("timestamp-utc", DataTypes.TIMESTAMP(3)),
    PARTITION("partition", DataTypes.INT()),
    OFFSET("offset", DataTypes.BIGINT()),
    PREVIOUS_OFFSET("previous-offset", DataTypes.BIGINT()),
    PARTITION_WATERMARK("partition-watermark", DataTypes.TIMESTAMP(3)),
    ARRIVAL("arrival", DataTypes.TIMESTAMP(3)),
    PREVIOUS_ARRIVAL("previous-arrival", DataTypes.TIMESTAMP(3)),
    OPEN_SINCE("open-since", DataTypes.TIMESTAMP(3)),
    STRETCH("stretch", DataTypes.BIGINT()),
    BEGINS_STRETCH("begins-stretch", DataTypes.BOOLEAN());

    /** In METADATA FROM. */
    final String key;

    /** Nullable, as columns are that do not say otherwise: then a table has no need of casts, which copy each row. */
    final DataType type;

    MessageColumn(String key, DataType type) {
        this.key = key;
        this.type = type.nullable();
    }

    static MessageColumn of(String key) {
        for (MessageColumn column : values()) {
            if (column.key.equals(key)) {
                return column;
            }
        }
        throw new IllegalArgumentException("There is no metadata column '" + key + "'.");
    }
}
