package adreporting.formats;

import java.util.Arrays;
import java.util.Objects;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.metrics.Counter;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.RowType;

/**
 * One message in, one row out: the columns, then the metadata that the table declares. Never throws on a message.
 *
 * <p>Metrics of the source operator: {@code guardedJson.unusual}, messages that were left to Flink's decoder, which is
 * several times slower, and {@code guardedJson.undecodable}, rows with a decode_error.
 */
final class GuardedJsonDeserializationSchema implements DeserializationSchema<RowData> {

    private static final long serialVersionUID = 1L;

    static final String MISSING_FIELD = "missing_field";

    private final RowType columns;
    private final int[] required;
    private final TimestampForm form;
    private final int rawPosition;
    private final int errorPosition;
    private final int arity;
    private final TypeInformation<RowData> producedType;

    private transient PlainReader plain;
    private transient FlinkJson flinkJson;
    private transient Counter unusual;
    private transient Counter undecodable;

    /**
     * @param columns the declared columns
     * @param required positions of the columns that must have a value
     * @param rawMetadata position of raw among the declared metadata, -1 where it is not declared
     * @param errorMetadata the same for decode_error
     * @param producedType of the rows: columns, then metadata
     */
    GuardedJsonDeserializationSchema(
            RowType columns,
            int[] required,
            TimestampForm form,
            int rawMetadata,
            int errorMetadata,
            TypeInformation<RowData> producedType) {
        this.columns = columns;
        this.required = required;
        this.form = form;
        int count = columns.getFieldCount();
        this.rawPosition = rawMetadata < 0 ? -1 : count + rawMetadata;
        this.errorPosition = errorMetadata < 0 ? -1 : count + errorMetadata;
        this.arity = count + (rawMetadata < 0 ? 0 : 1) + (errorMetadata < 0 ? 0 : 1);
        this.producedType = producedType;
    }

    @Override
    public void open(InitializationContext context) throws Exception {
        plain = new PlainReader(Column.of(columns, form), form);
        flinkJson = new FlinkJson(columns, form, producedType, context);
        unusual = context.getMetricGroup().addGroup("guardedJson").counter("unusual");
        undecodable = context.getMetricGroup().addGroup("guardedJson").counter("undecodable");
    }

    @Override
    public RowData deserialize(byte[] message) {
        GenericRowData row = message == null ? null : plain.read(message, arity);
        String error = null;
        if (row == null) {
            unusual.inc();
            FlinkJson.Verdict verdict = flinkJson.judge(message);
            error = verdict.error();
            row = new GenericRowData(arity);
            for (int i = 0; error == null && i < columns.getFieldCount(); i++) {
                row.setField(i, verdict.row().getField(i));
            }
        }
        if (error == null) {
            error = missing(row);
            if (error != null) {
                row = new GenericRowData(arity);
            }
        }
        if (error != null) {
            undecodable.inc();
            if (errorPosition >= 0) {
                row.setField(errorPosition, StringData.fromString(error));
            }
        }
        if (rawPosition >= 0) {
            row.setField(rawPosition, message);
        }
        return row;
    }

    private String missing(GenericRowData row) {
        for (int position : required) {
            if (row.isNullAt(position)) {
                return MISSING_FIELD + ":" + columns.getFieldNames().get(position);
            }
        }
        return null;
    }

    @Override
    public boolean isEndOfStream(RowData nextElement) {
        return false;
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return producedType;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GuardedJsonDeserializationSchema that
                && columns.equals(that.columns)
                && Arrays.equals(required, that.required)
                && form == that.form
                && rawPosition == that.rawPosition
                && errorPosition == that.errorPosition;
    }

    @Override
    public int hashCode() {
        return Objects.hash(columns, form, rawPosition, errorPosition);
    }
}
