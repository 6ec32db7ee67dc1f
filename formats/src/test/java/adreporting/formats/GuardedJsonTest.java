package adreporting.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.stream.StreamSupport;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.factories.Factory;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What one message becomes: columns, raw, decode_error. */
class GuardedJsonTest {

    private static final int RAW = 3;
    private static final int ERROR = 4;
    private static final String START = "2026-11-22 16:07:00.000";

    private static GenericRowData decode(String message) {
        return decode(message, 0, 1, 2);
    }

    private static GenericRowData decode(String message, int... required) {
        byte[] bytes = message == null ? null : message.getBytes(StandardCharsets.UTF_8);
        return (GenericRowData) Decoders.guarded(Decoders.VIEW_REPORT, TimestampForm.SQL, required).deserialize(bytes);
    }

    private static String view(String campaign, String start, String end) {
        return "{\"campaign_id\":" + campaign + ",\"start_timestamp\":" + start + ",\"end_timestamp\":" + end + "}";
    }

    @Test
    void aGoodMessage() {
        GenericRowData row = decode(view("7", '"' + START + '"', "\"2026-11-22 16:07:01.5\""));
        assertEquals(7, row.getField(0));
        assertEquals(TimestampData.fromLocalDateTime(LocalDateTime.of(2026, 11, 22, 16, 7, 0)), row.getField(1));
        assertEquals(TimestampData.fromLocalDateTime(LocalDateTime.of(2026, 11, 22, 16, 7, 1, 500_000_000)), row.getField(2));
        assertNull(row.getField(ERROR));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "not json                                     | not_json",
                "{\"campaign_id\":7                            | not_json",
                "~ ~                                          | empty_message",
                "[]                                           | not_an_object",
                "7                                            | not_an_object",
                "null                                         | not_an_object",
                "{}                                           | missing_field:campaign_id",
                "{\"campaign_id\":null}                        | missing_field:campaign_id",
                "{\"campaign_id\":7}                           | missing_field:start_timestamp",
                "{\"campaign_id\":\"x\"}                       | wrong_type:campaign_id",
                "{\"campaign_id\":{}}                          | wrong_type:campaign_id",
                "{\"campaign_id\":2147483648}                  | out_of_range:campaign_id",
                "{\"campaign_id\":1e400}                       | out_of_range:campaign_id",
                "{\"campaign_id\":7,\"end_timestamp\":\"soon\"}| wrong_type:end_timestamp",
                "{\"campaign_id\":7,\"end_timestamp\":5}       | wrong_type:end_timestamp",
            })
    void errorsHaveAStableCodeAndTheField(String message, String code) {
        GenericRowData row = decode(message);
        assertEquals(code, String.valueOf(row.getField(ERROR)));
        assertEquals(new GenericRowData(3), Decoders.columns(row, 3));
    }

    @Test
    void nullAndEmptyMessagesHaveACodeOfTheirOwn() {
        assertEquals("null_message", decode(null).getField(ERROR).toString());
        assertNull(decode(null).getField(RAW));
        assertEquals("empty_message", decode("").getField(ERROR).toString());
    }

    @Test
    void aMissingFieldIsNullWhereItIsNotRequired() {
        GenericRowData row = decode("{}", new int[0]);
        assertNull(row.getField(ERROR));
        assertEquals(new GenericRowData(3), Decoders.columns(row, 3));
    }

    @Test
    void deepNestingNeitherThrowsNorOverflows() {
        for (String bracket : List.of("[", "{\"a\":")) {
            String deep = "{\"x\":" + bracket.repeat(200_000);
            assertEquals("not_json", decode(deep).getField(ERROR).toString());
        }
        String nested = "{\"campaign_id\":7,\"x\":" + "[".repeat(500) + "]".repeat(500) + "}";
        assertEquals(7, decode(nested, 0).getField(0));
    }

    @Test
    void theColumnsForWhatIsNoFieldOfTheMessageMustBeTheLast() {
        var format = new GuardedJsonDecodingFormat(List.of(), TimestampForm.SQL, "payload", "decode_error");
        DataType table =
                DataTypes.ROW(
                        DataTypes.FIELD("payload", DataTypes.BYTES()),
                        DataTypes.FIELD("campaign_id", DataTypes.INT()),
                        DataTypes.FIELD("decode_error", DataTypes.STRING()));
        String message =
                assertThrows(ValidationException.class, () -> format.createRuntimeDecoder(null, table)).getMessage();
        assertTrue(message.contains("must name the last columns"), message);
        format.applyReadableMetadata(List.of("raw"));
        message = assertThrows(ValidationException.class, () -> format.createRuntimeDecoder(null, table)).getMessage();
        assertTrue(message.contains("not both"), message);
    }

    @Test
    void epochMilliseconds() {
        var decoder = Decoders.guarded(Decoders.ALL_KINDS, TimestampForm.EPOCH_MILLIS);
        // The second message has an escape, so that Flink's decoder reads it.
        for (String text : List.of("x", "\\u0078")) {
            String message = "{\"text\":\"" + text + "\",\"at\":1795363620123,\"at_utc\":-1,\"user\":{\"age\":3}}";
            GenericRowData row = (GenericRowData) decoder.deserialize(message.getBytes(StandardCharsets.UTF_8));
            assertNull(row.getField(9));
            assertEquals("x", row.getField(0).toString());
            assertEquals(TimestampData.fromEpochMillis(1795363620123L), row.getField(4));
            assertEquals(TimestampData.fromEpochMillis(-1), row.getField(5));
        }
        byte[] wrong = "{\"at\":\"2026-11-22 16:07:00\"}".getBytes(StandardCharsets.UTF_8);
        assertEquals("wrong_type:at", ((GenericRowData) decoder.deserialize(wrong)).getField(9).toString());
    }

    @Test
    void everyDayOfTheCalendarIsReadAsJavaReadsIt() {
        Random random = new Random(3);
        LocalDate end = LocalDate.of(9999, 12, 31);
        for (LocalDate day = LocalDate.of(1600, 1, 1); day.isBefore(end); day = day.plusDays(1)) {
            LocalDateTime at = day.atTime(random.nextInt(24), random.nextInt(60), random.nextInt(60), random.nextInt(1_000_000_000));
            byte[] text = at.toString().replace('T', ' ').getBytes(StandardCharsets.UTF_8);
            TimestampData read = TimestampForm.SQL.read(text, 0, text.length, false);
            if (at.getSecond() != 0 || at.getNano() != 0) {
                assertEquals(TimestampData.fromLocalDateTime(at), read, at.toString());
            }
        }
    }

    @Test
    void theDecoderIsSentToTheTaskManagers() throws Exception {
        var decoder = Decoders.guarded(Decoders.VIEW_REPORT, TimestampForm.SQL, 0);
        var copy = InstantiationUtil.clone(decoder);
        copy.open(Decoders.context());
        assertEquals(decoder, copy);
        assertEquals(decoder.hashCode(), copy.hashCode());
        byte[] message = "{\"campaign_id\":7}".getBytes(StandardCharsets.UTF_8);
        GenericRowData row = (GenericRowData) copy.deserialize(message);
        assertEquals(7, row.getField(0));
        assertSame(message, row.getField(RAW));
    }

    @Test
    void flinkFindsTheFormat() {
        boolean found =
                StreamSupport.stream(ServiceLoader.load(Factory.class).spliterator(), false)
                        .anyMatch(factory -> factory.factoryIdentifier().equals("guarded-json"));
        assertTrue(found);
    }

    @Test
    void optionsAreReadAndARequiredFieldMustBeAColumn() {
        Configuration options =
                Configuration.fromMap(
                        Map.of("required-fields", "campaign_id;no_column", "timestamp-format.standard", "iso-8601"));
        assertEquals(TimestampForm.ISO_8601, options.get(GuardedJsonFormatFactory.TIMESTAMP_FORM));
        var format = new GuardedJsonFormatFactory().createDecodingFormat(null, options);
        assertEquals(List.of("raw", "decode_error"), List.copyOf(format.listReadableMetadata().keySet()));
        var columns = TypeConversions.fromLogicalToDataType(Decoders.VIEW_REPORT);
        ValidationException e =
                assertThrows(ValidationException.class, () -> format.createRuntimeDecoder(null, columns));
        assertTrue(e.getMessage().contains("no_column"), e.getMessage());
    }
}
