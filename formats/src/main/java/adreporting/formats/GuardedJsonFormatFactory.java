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
 * <p>Options, all optional: {@code guarded-json.required-fields} and {@code guarded-json.timestamp-format.standard}.
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

    @Override
    public DecodingFormat<DeserializationSchema<RowData>> createDecodingFormat(
            DynamicTableFactory.Context context, ReadableConfig options) {
        FactoryUtil.validateFactoryOptions(this, options);
        return new GuardedJsonDecodingFormat(options.get(REQUIRED_FIELDS), options.get(TIMESTAMP_FORM));
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
        return Set.of(REQUIRED_FIELDS, TIMESTAMP_FORM);
    }
}
