package adreporting.formats;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * A declared column: where its value goes, and how {@link PlainReader} reads it.
 *
 * @param name the field's name in the message, UTF-8
 * @param position where its value goes in its row
 * @param kind how it is read
 * @param row the columns within, for a ROW; empty otherwise
 */
record Column(byte[] name, int position, Kind kind, Column[] row) {

    /** What a value looks like in a message. */
    enum Kind {
        TEXT,
        INT,
        BIGINT,
        BOOLEAN,
        TIMESTAMP,
        TIMESTAMP_LTZ,
        EPOCH_MILLIS,
        ROW,
        /** A type that is left to Flink's own decoder. */
        OTHER
    }

    /** The columns of a row type, in its order. */
    static Column[] of(RowType type, TimestampForm form) {
        List<RowType.RowField> fields = type.getFields();
        Column[] columns = new Column[fields.size()];
        for (int i = 0; i < columns.length; i++) {
            LogicalType fieldType = fields.get(i).getType();
            columns[i] =
                    new Column(
                            fields.get(i).getName().getBytes(StandardCharsets.UTF_8),
                            i,
                            kind(fieldType, form),
                            fieldType instanceof RowType row ? of(row, form) : new Column[0]);
        }
        return columns;
    }

    private static Kind kind(LogicalType type, TimestampForm form) {
        boolean epoch = form == TimestampForm.EPOCH_MILLIS;
        return switch (type.getTypeRoot()) {
            case CHAR, VARCHAR -> Kind.TEXT;
            case INTEGER -> Kind.INT;
            case BIGINT -> Kind.BIGINT;
            case BOOLEAN -> Kind.BOOLEAN;
            case TIMESTAMP_WITHOUT_TIME_ZONE -> epoch ? Kind.EPOCH_MILLIS : Kind.TIMESTAMP;
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> epoch ? Kind.EPOCH_MILLIS : Kind.TIMESTAMP_LTZ;
            case ROW -> Kind.ROW;
            default -> Kind.OTHER;
        };
    }
}
