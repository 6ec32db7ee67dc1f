package adreporting.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/**
 * One message, decoded by us and by Flink's own json decoder: the same columns, or an error where Flink's throws.
 *
 * <p>With two exceptions. Of a top-level array Flink's makes a row for each element; one message is one row here, so an
 * array is not_an_object. And what Flink's makes of a field's name that is not UTF-8 depends on the names it has seen
 * before; ours does not, and is compared with a decoder of Flink's that has seen none.
 */
final class Comparison {

    private Comparison() {}

    /** Returns whether the message is valid. */
    static boolean compare(
            RowType columns, TimestampForm form, DeserializationSchema<RowData> ours, DeserializationSchema<RowData> theirs, byte[] message)
            throws IOException {
        int count = columns.getFieldCount();
        boolean utf8 = Arrays.equals(message, new String(message, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8));
        List<RowData> rows = Decoders.rows(ours, message);
        assertEquals(1, rows.size(), () -> "one message, one row: " + text(message));
        GenericRowData row = (GenericRowData) rows.get(0);
        Object error = row.getField(count + 1);
        assertSame(message, row.getField(count), "raw is the message itself");

        List<RowData> expected = null;
        try {
            expected = Decoders.rows(utf8 ? theirs : Decoders.flinks(columns, form), message);
        } catch (IOException e) {
            assertNotNull(error, () -> "Flink throws: " + text(message));
        }
        if (error != null) {
            assertEquals(new GenericRowData(count), Decoders.columns(row, count), "columns of a bad message are NULL");
            boolean array = error.toString().equals(FlinkJson.NOT_AN_OBJECT);
            if (expected != null && !expected.isEmpty() && !array) {
                fail(error + ", but Flink reads " + expected + " from " + text(message));
            }
            return false;
        }
        assertNotNull(expected);
        assertEquals(1, expected.size(), () -> text(message));
        assertEquals(expected.get(0), Decoders.columns(row, count), () -> text(message));
        return true;
    }

    static String text(byte[] message) {
        return new String(message, StandardCharsets.ISO_8859_1);
    }
}
