package adreporting.formats;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.formats.json.JsonRowDataDeserializationSchema;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;

/** Our decoder and Flink's over the same columns, opened, for tests and benchmarks. */
final class Decoders {

    /** The columns that view_report declares. */
    static final RowType VIEW_REPORT =
            (RowType)
                    DataTypes.ROW(
                                    DataTypes.FIELD("campaign_id", DataTypes.INT()),
                                    DataTypes.FIELD("start_timestamp", DataTypes.TIMESTAMP(3)),
                                    DataTypes.FIELD("end_timestamp", DataTypes.TIMESTAMP(3)))
                            .getLogicalType();

    /** A column of every kind that the plain reader knows, and one that it does not. */
    static final RowType ALL_KINDS =
            (RowType)
                    DataTypes.ROW(
                                    DataTypes.FIELD("text", DataTypes.STRING()),
                                    DataTypes.FIELD("small", DataTypes.INT()),
                                    DataTypes.FIELD("big", DataTypes.BIGINT()),
                                    DataTypes.FIELD("yes", DataTypes.BOOLEAN()),
                                    DataTypes.FIELD("at", DataTypes.TIMESTAMP(3)),
                                    DataTypes.FIELD("at_utc", DataTypes.TIMESTAMP_LTZ(3)),
                                    DataTypes.FIELD(
                                            "user",
                                            DataTypes.ROW(
                                                    DataTypes.FIELD("id", DataTypes.STRING()),
                                                    DataTypes.FIELD("age", DataTypes.INT()))),
                                    DataTypes.FIELD("price", DataTypes.DOUBLE()))
                            .getLogicalType();

    private Decoders() {}

    /** Our decoder with raw and decode_error as its last two fields. */
    static GuardedJsonDeserializationSchema guarded(RowType columns, TimestampForm form, int... required) {
        GuardedJsonDeserializationSchema decoder =
                new GuardedJsonDeserializationSchema(columns, required, form, 0, 1, anyType());
        try {
            decoder.open(context());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return decoder;
    }

    /** Flink's decoder; it throws on a message that it cannot decode. */
    static JsonRowDataDeserializationSchema flinks(RowType columns, TimestampForm form) {
        JsonRowDataDeserializationSchema decoder =
                new JsonRowDataDeserializationSchema(columns, anyType(), false, false, form.flinks());
        try {
            decoder.open(context());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return decoder;
    }

    /** The rows of one message, through the method that Flink's Kafka source calls. */
    static List<RowData> rows(DeserializationSchema<RowData> decoder, byte[] message) throws IOException {
        List<RowData> rows = new ArrayList<>();
        decoder.deserialize(message, new ListCollector<>(rows));
        return rows;
    }

    /** The columns of a row of ours, without its metadata. */
    static GenericRowData columns(RowData row, int count) {
        GenericRowData columns = new GenericRowData(count);
        for (int i = 0; i < count; i++) {
            columns.setField(i, ((GenericRowData) row).getField(i));
        }
        return columns;
    }

    /** The decoders only hand their type on. */
    static TypeInformation<RowData> anyType() {
        return TypeInformation.of(RowData.class);
    }

    static DeserializationSchema.InitializationContext context() {
        return new DeserializationSchema.InitializationContext() {
            @Override
            public MetricGroup getMetricGroup() {
                return new UnregisteredMetricsGroup();
            }

            @Override
            public UserCodeClassLoader getUserCodeClassLoader() {
                return SimpleUserCodeClassLoader.create(Decoders.class.getClassLoader());
            }
        };
    }
}
