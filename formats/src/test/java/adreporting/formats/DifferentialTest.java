package adreporting.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Generated messages against Flink's own json decoder, see {@link Comparison}. */
class DifferentialTest {

    private static final int MESSAGES = 600_000;
    private static final RowType COLUMNS = Decoders.ALL_KINDS;
    private static final int COUNT = COLUMNS.getFieldCount();

    private final DeserializationSchema<RowData> guarded = Decoders.guarded(COLUMNS, TimestampForm.SQL);
    private final DeserializationSchema<RowData> flinks = Decoders.flinks(COLUMNS, TimestampForm.SQL);

    @ParameterizedTest
    @EnumSource(value = TimestampForm.class, names = {"SQL", "ISO_8601"})
    void generatedMessages(TimestampForm form) throws IOException {
        DeserializationSchema<RowData> ours = Decoders.guarded(COLUMNS, form);
        DeserializationSchema<RowData> theirs = Decoders.flinks(COLUMNS, form);
        PlainReader plain = new PlainReader(Column.of(COLUMNS, form), form);
        Messages messages = new Messages(20261122);
        int good = 0;
        int plainOnes = 0;
        for (int i = 0; i < MESSAGES; i++) {
            byte[] message = messages.next();
            good += Comparison.compare(COLUMNS, form, ours, theirs, message) ? 1 : 0;
            plainOnes += plain.read(message, COUNT) != null ? 1 : 0;
        }
        System.out.printf(
                "%s: %,d messages compared with Flink's json, %,d of them valid, %,d read by the plain reader%n",
                form, MESSAGES, good, plainOnes);
        // Were nearly all of one kind, the comparison would say little.
        assertTrue(good > MESSAGES / 10 && good < MESSAGES * 9 / 10, "valid: " + good);
        assertTrue(plainOnes > MESSAGES / 20, "plain: " + plainOnes);
    }

    @Test
    void plainMessagesAreReadByThePlainReader() throws IOException {
        PlainReader plain = new PlainReader(Column.of(COLUMNS, TimestampForm.SQL), TimestampForm.SQL);
        Messages messages = new Messages(7);
        for (int i = 0; i < 50_000; i++) {
            byte[] message = messages.nextPlain();
            assertNotNull(plain.read(message, COUNT), () -> Comparison.text(message));
            assertTrue(Comparison.compare(COLUMNS, TimestampForm.SQL, guarded, flinks, message));
        }
    }

    /** Found by fuzzing: after a field with an empty name, Jackson takes a name of one byte FF for that one. */
    @Test
    void aNameThatIsNotUtf8IsNoJsonWhateverCameBefore() throws IOException {
        byte[] notUtf8 = {'{', '"', (byte) 0xFF, '"', ':', '0', '}'};
        byte[] emptyName = "{\"\":\"\\n\"}".getBytes(StandardCharsets.UTF_8);
        for (byte[] message : new byte[][] {notUtf8, emptyName, notUtf8}) {
            Comparison.compare(COLUMNS, TimestampForm.SQL, guarded, flinks, message);
        }
        GenericRowData row = (GenericRowData) Decoders.rows(guarded, notUtf8).get(0);
        assertEquals(FlinkJson.NOT_JSON, row.getField(COUNT + 1).toString());
    }

    @Test
    void theComparisonNoticesADifference() {
        DeserializationSchema<RowData> wrong = Decoders.guarded(COLUMNS, TimestampForm.ISO_8601);
        byte[] message = "{\"at\":\"2026-11-22T16:07:00\"}".getBytes(StandardCharsets.UTF_8);
        AssertionError noticed = null;
        try {
            Comparison.compare(COLUMNS, TimestampForm.SQL, wrong, flinks, message);
        } catch (AssertionError | IOException e) {
            noticed = e instanceof AssertionError error ? error : null;
        }
        assertNotNull(noticed);
    }
}
