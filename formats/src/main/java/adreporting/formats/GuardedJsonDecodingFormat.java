package adreporting.formats;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.utils.DataTypeUtils;

/**
 * The format as the planner sees it: the columns of a table, and the metadata that a Kafka table declares as
 * {@code METADATA FROM 'value.raw'} (BYTES, the message unchanged, of every message) and {@code 'value.decode_error'}
 * (STRING, NULL for a good message, otherwise a code, and behind a colon the field).
 */
final class GuardedJsonDecodingFormat implements DecodingFormat<DeserializationSchema<RowData>> {

    static final String RAW = "raw";
    static final String DECODE_ERROR = "decode_error";

    private final List<String> requiredFields;
    private final TimestampForm form;
    private final String rawColumn;
    private final String decodeErrorColumn;
    private List<String> metadata = List.of();

    /**
     * @param rawColumn the column that is given the message unchanged, null where there is none
     * @param decodeErrorColumn the same for what is wrong with it
     */
    GuardedJsonDecodingFormat(
            List<String> requiredFields, TimestampForm form, String rawColumn, String decodeErrorColumn) {
        this.requiredFields = requiredFields;
        this.form = form;
        this.rawColumn = rawColumn;
        this.decodeErrorColumn = decodeErrorColumn;
    }

    @Override
    public Map<String, DataType> listReadableMetadata() {
        Map<String, DataType> readable = new LinkedHashMap<>();
        readable.put(RAW, DataTypes.BYTES().nullable());
        readable.put(DECODE_ERROR, DataTypes.STRING().nullable());
        return readable;
    }

    @Override
    public void applyReadableMetadata(List<String> metadataKeys) {
        metadata = List.copyOf(metadataKeys);
    }

    @Override
    public DeserializationSchema<RowData> createRuntimeDecoder(
            DynamicTableSource.Context context, DataType physicalDataType) {
        // The two columns of the options are told apart from the message's own, and filled in as metadata are.
        List<String> names = DataType.getFieldNames(physicalDataType);
        List<String> behind = new ArrayList<>(metadata);
        List<String> last = new ArrayList<>();
        if (!metadata.isEmpty() && (rawColumn != null || decodeErrorColumn != null)) {
            throw new ValidationException(
                    "Either METADATA FROM 'value.raw' and 'value.decode_error', or the options guarded-json.raw-column and"
                            + " guarded-json.decode-error-column: not both.");
        }
        if (rawColumn != null) {
            behind.add(RAW);
            last.add(rawColumn);
        }
        if (decodeErrorColumn != null) {
            behind.add(DECODE_ERROR);
            last.add(decodeErrorColumn);
        }
        int own = names.size() - last.size();
        if (own < 0 || !names.subList(own, names.size()).equals(last)) {
            throw new ValidationException(
                    String.format(
                            "guarded-json.raw-column and guarded-json.decode-error-column must name the last columns of"
                                    + " the table, in this order: %s, and not %s.",
                            names, last));
        }
        RowType row = (RowType) physicalDataType.getLogicalType();
        RowType columns = new RowType(row.getFields().subList(0, own));
        int[] required = new int[requiredFields.size()];
        for (int i = 0; i < required.length; i++) {
            required[i] = columns.getFieldNames().indexOf(requiredFields.get(i));
            if (required[i] < 0) {
                throw new ValidationException(
                        String.format(
                                "guarded-json.required-fields names '%s', which is no column of the table: %s.",
                                requiredFields.get(i), columns.getFieldNames()));
            }
        }
        List<DataTypes.Field> more = new ArrayList<>();
        Map<String, DataType> readable = listReadableMetadata();
        for (String key : metadata) {
            more.add(DataTypes.FIELD(key, readable.get(key)));
        }
        DataType produced = DataTypeUtils.appendRowFields(physicalDataType, more);
        return new GuardedJsonDeserializationSchema(
                columns,
                required,
                form,
                behind.indexOf(RAW),
                behind.indexOf(DECODE_ERROR),
                context.createTypeInformation(produced));
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return ChangelogMode.insertOnly();
    }
}
