package adreporting.formats;

import java.util.List;
import java.util.Set;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;

/**
 * Makes {@code 'format' = 'guarded-json'} known to Flink.
 *
 * <p>Options, all optional: {@code guarded-json.required-fields}, {@code guarded-json.timestamp-format.standard}, and for
 * connectors that hand on no metadata of a format, such as {@code filesystem}, {@code guarded-json.raw-column} and {@code
 * guarded-json.decode-error-column}.
 */
public final class GuardedJsonFormatFactory implements DeserializationFormatFactory {

    static final String IDENTIFIER = "guarded-json";

    static final ConfigOption<List<String>> REQUIRED_FIELDS =
            ConfigOptions.key("required-fields")
                    .stringType()
                    .asList()
                    .defaultValues()
                    .withDescription(
                            "Columns, separated by ';', that every message must have with a value other than null;"
                                    + " one without is an error, missing_field. Default: none, a missing field is NULL.");

    static final ConfigOption<TimestampForm> TIMESTAMP_FORM =
            ConfigOptions.key("timestamp-format.standard")
                    .enumType(TimestampForm.class)
                    .defaultValue(TimestampForm.SQL)
                    .withDescription("How TIMESTAMP and TIMESTAMP_LTZ columns are written: SQL, ISO-8601 or EPOCH-MILLIS.");

    static final ConfigOption<String> RAW_COLUMN =
            ConfigOptions.key("raw-column")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "A BYTES column that is given the message unchanged, as METADATA FROM 'value.raw' would be.");

    static final ConfigOption<String> DECODE_ERROR_COLUMN =
            ConfigOptions.key("decode-error-column")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "A STRING column that is given what METADATA FROM 'value.decode_error' would be: NULL for a"
                                    + " good message, otherwise a code, and behind a colon the field.");

    @Override
    public DecodingFormat<DeserializationSchema<RowData>> createDecodingFormat(
            DynamicTableFactory.Context context, ReadableConfig options) {
        FactoryUtil.validateFactoryOptions(this, options);
        return new GuardedJsonDecodingFormat(
                options.get(REQUIRED_FIELDS),
                options.get(TIMESTAMP_FORM),
                options.get(RAW_COLUMN),
                options.get(DECODE_ERROR_COLUMN));
    }

    @Override
    public String factoryIdentifier() {
        return IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of(REQUIRED_FIELDS, TIMESTAMP_FORM, RAW_COLUMN, DECODE_ERROR_COLUMN);
    }
}
