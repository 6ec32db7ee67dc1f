package adreporting.formats;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.api.common.serialization.DeserializationSchema.InitializationContext;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.formats.json.JsonRowDataDeserializationSchema;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.RowType;

/**
 * Flink's own {@code json} decoder, the judge of what is valid, and the one who says what is wrong.
 *
 * <p>It is the decoder that Flink uses with {@code json.decode.json-parser.enabled = false}: it reads the whole document
 * first and takes the last of two fields with one name. (The streaming one loses a column when another comes twice.)
 */
final class FlinkJson {

    static final String NULL_MESSAGE = "null_message";
    static final String EMPTY_MESSAGE = "empty_message";
    static final String NOT_JSON = "not_json";
    static final String NOT_AN_OBJECT = "not_an_object";
    static final String WRONG_TYPE = "wrong_type";
    static final String OUT_OF_RANGE = "out_of_range";

    private final RowType type;
    private final TimestampForm form;
    private final TypeInformation<RowData> typeInformation;
    private final InitializationContext context;
    private final JsonRowDataDeserializationSchema whole;
    /** A decoder for each column alone, made when the first message fails. */
    private JsonRowDataDeserializationSchema[] single;

    FlinkJson(RowType type, TimestampForm form, TypeInformation<RowData> typeInformation, InitializationContext context)
            throws Exception {
        this.type = type;
        this.form = form;
        this.typeInformation = typeInformation;
        this.context = context;
        this.whole = decoder(type);
    }

    /** A row, or the reason why there is none: exactly one of the two is null. */
    record Verdict(GenericRowData row, String error) {}

    /** Decodes a message; never throws. */
    Verdict judge(byte[] message) {
        if (message == null) {
            return new Verdict(null, NULL_MESSAGE);
        }
        JsonNode document;
        try {
            document = reader(message).deserializeToJsonNode(message);
        } catch (Exception | StackOverflowError e) {
            return new Verdict(null, message.length == 0 ? EMPTY_MESSAGE : NOT_JSON);
        }
        if (document == null || document.isMissingNode()) {
            return new Verdict(null, EMPTY_MESSAGE);
        }
        if (!document.isObject()) {
            return new Verdict(null, NOT_AN_OBJECT);
        }
        try {
            GenericRowData row = (GenericRowData) whole.convertToRowData(document);
            return new Verdict(form == TimestampForm.EPOCH_MILLIS ? withTimestamps(row, type) : row, null);
        } catch (RuntimeException | StackOverflowError e) {
            return new Verdict(null, reason(document));
        }
    }

    /**
     * The decoder that reads a message. Of bytes that are not UTF-8, Jackson takes a field's name for one it has seen in
     * another message when the two look alike to its table of names. Whether such a message can be read must not depend
     * on the ones before it, so it gets a decoder without a past.
     */
    private JsonRowDataDeserializationSchema reader(byte[] message) throws Exception {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(message));
            return whole;
        } catch (CharacterCodingException e) {
            return decoder(type);
        }
    }

    /** The first column, in their order, whose value Flink refuses: {@code wrong_type:campaign_id}. */
    private String reason(JsonNode document) {
        for (int i = 0; i < type.getFieldCount(); i++) {
            try {
                single(i).convertToRowData(document);
            } catch (Exception | StackOverflowError e) {
                JsonNode value = document.get(type.getFieldNames().get(i));
                boolean tooBig = value != null && value.isNumber() && type.getTypeAt(i).is(LogicalTypeFamily.NUMERIC);
                return (tooBig ? OUT_OF_RANGE : WRONG_TYPE) + ":" + type.getFieldNames().get(i);
            }
        }
        // Each column alone was fine, the whole was not: that would be a defect of the decoder, and must not be lost.
        return WRONG_TYPE;
    }

    private JsonRowDataDeserializationSchema single(int column) throws Exception {
        if (single == null) {
            single = new JsonRowDataDeserializationSchema[type.getFieldCount()];
        }
        if (single[column] == null) {
            single[column] = decoder(new RowType(List.of(type.getFields().get(column))));
        }
        return single[column];
    }

    private JsonRowDataDeserializationSchema decoder(RowType rowType) throws Exception {
        RowType asFlinkReadsIt = form == TimestampForm.EPOCH_MILLIS ? withNumbers(rowType) : rowType;
        JsonRowDataDeserializationSchema decoder =
                new JsonRowDataDeserializationSchema(asFlinkReadsIt, typeInformation, false, false, form.flinks());
        decoder.open(context);
        return decoder;
    }

    /** The same row with BIGINT for timestamps, because Flink's decoder knows no epoch milliseconds. */
    private static RowType withNumbers(RowType type) {
        return new RowType(
                type.getFields().stream()
                        .map(field -> new RowType.RowField(field.getName(), withNumber(field.getType())))
                        .collect(Collectors.toList()));
    }

    private static LogicalType withNumber(LogicalType type) {
        if (type instanceof RowType row) {
            return withNumbers(row);
        }
        return type.is(LogicalTypeFamily.TIMESTAMP) ? new BigIntType() : type;
    }

    private static GenericRowData withTimestamps(GenericRowData row, RowType type) {
        for (int i = 0; i < type.getFieldCount(); i++) {
            LogicalType fieldType = type.getTypeAt(i);
            Object value = row.getField(i);
            if (value != null && fieldType.is(LogicalTypeFamily.TIMESTAMP)) {
                row.setField(i, TimestampData.fromEpochMillis((Long) value));
            } else if (value != null && fieldType instanceof RowType within) {
                withTimestamps((GenericRowData) value, within);
            }
        }
        return row;
    }
}
