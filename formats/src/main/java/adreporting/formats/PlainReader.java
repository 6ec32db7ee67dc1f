package adreporting.formats;

import java.util.Arrays;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;

/**
 * Reads the plain shape that events have, in one pass over the bytes: an object of strings, whole numbers, booleans,
 * nulls and nested objects, in any order and spacing. Fields that are not declared are skipped, declared ones are
 * materialised.
 *
 * <p>Everything else is unusual: escapes, characters beyond ASCII, exponents, numbers of more than 18 digits, a declared
 * field twice, a value of another type than its column's, a message that is cut off. {@link #read} answers null to it,
 * and Flink's own decoder decides. So this class never has to say whether something is valid; it only must not take
 * what Flink would read differently.
 *
 * <p>Not thread-safe: one reader belongs to one source subtask.
 */
final class PlainReader {

    // Well below the limits at which Jackson, Flink's parser, refuses a message.
    private static final int MAX_MESSAGE_BYTES = 1 << 20;
    private static final int MAX_NAME_BYTES = 1 << 10;
    private static final int MAX_DEPTH = 32;
    private static final int MAX_DIGITS = 18;
    /** A row remembers the fields it has seen in the bits of a long. */
    private static final int MAX_COLUMNS = Long.SIZE;

    private static final byte[] NULL = {'n', 'u', 'l', 'l'};
    private static final byte[] TRUE = {'t', 'r', 'u', 'e'};
    private static final byte[] FALSE = {'f', 'a', 'l', 's', 'e'};

    private final Column[] columns;
    private final TimestampForm form;

    private byte[] bytes;
    private int at;
    /** The value that {@link #wholeNumber} has read. */
    private long number;

    PlainReader(Column[] columns, TimestampForm form) {
        this.columns = columns;
        this.form = form;
    }

    /**
     * The row in a message, or null where the message is unusual.
     *
     * @param arity fields of the row to make; those behind the columns stay null
     */
    GenericRowData read(byte[] message, int arity) {
        if (message.length > MAX_MESSAGE_BYTES) {
            return null;
        }
        bytes = message;
        at = 0;
        GenericRowData row = new GenericRowData(arity);
        skipSpace();
        if (!object(columns, row, 0)) {
            return null;
        }
        skipSpace();
        return at == message.length ? row : null;
    }

    /** Reads an object into a row; false where it is unusual, as with all methods below. */
    private boolean object(Column[] declared, GenericRowData row, int depth) {
        if (peek() != '{' || depth > MAX_DEPTH || declared.length > MAX_COLUMNS) {
            return false;
        }
        at++;
        skipSpace();
        if (peek() == '}') {
            at++;
            return true;
        }
        long seen = 0;
        int next = 0;
        while (true) {
            int nameFrom = at + 1;
            if (!string()) {
                return false;
            }
            int nameTo = at - 1;
            skipSpace();
            if (peek() != ':') {
                return false;
            }
            at++;
            skipSpace();
            int found = find(declared, next, nameFrom, nameTo);
            if (found < 0) {
                if (nameTo - nameFrom > MAX_NAME_BYTES || !skipValue(depth)) {
                    return false;
                }
            } else {
                long bit = 1L << found;
                if ((seen & bit) != 0 || !value(declared[found], row, depth)) {
                    return false;
                }
                seen |= bit;
                next = found + 1;
            }
            skipSpace();
            byte c = peek();
            at++;
            if (c == '}') {
                return true;
            }
            if (c != ',') {
                return false;
            }
            skipSpace();
        }
    }

    /** The declared column of that name, or -1. Producers keep an order, so the one after the last is tried first. */
    private int find(Column[] declared, int next, int from, int to) {
        if (next < declared.length && named(declared[next], from, to)) {
            return next;
        }
        for (int i = 0; i < declared.length; i++) {
            if (named(declared[i], from, to)) {
                return i;
            }
        }
        return -1;
    }

    private boolean named(Column column, int from, int to) {
        byte[] name = column.name();
        return name.length == to - from && Arrays.equals(name, 0, name.length, bytes, from, to);
    }

    /** Reads the value of a declared column. */
    private boolean value(Column column, GenericRowData row, int depth) {
        if (peek() == 'n') {
            return word(NULL);
        }
        int position = column.position();
        switch (column.kind()) {
            case TEXT:
                int textFrom = at + 1;
                if (!string()) {
                    return false;
                }
                // Refers to the message's bytes instead of copying them.
                row.setField(position, StringData.fromBytes(bytes, textFrom, at - 1 - textFrom));
                return true;
            case INT:
                if (!wholeNumber() || number != (int) number) {
                    return false;
                }
                row.setField(position, (int) number);
                return true;
            case BIGINT:
                if (!wholeNumber()) {
                    return false;
                }
                row.setField(position, number);
                return true;
            case EPOCH_MILLIS:
                if (!wholeNumber()) {
                    return false;
                }
                row.setField(position, TimestampData.fromEpochMillis(number));
                return true;
            case BOOLEAN:
                boolean yes = peek() == 't';
                if (!word(yes ? TRUE : FALSE)) {
                    return false;
                }
                row.setField(position, yes);
                return true;
            case TIMESTAMP:
            case TIMESTAMP_LTZ:
                int from = at + 1;
                if (!string()) {
                    return false;
                }
                TimestampData time = form.read(bytes, from, at - 1, column.kind() == Column.Kind.TIMESTAMP_LTZ);
                row.setField(position, time);
                return time != null;
            case ROW:
                GenericRowData within = new GenericRowData(column.row().length);
                row.setField(position, within);
                return object(column.row(), within, depth + 1);
            default:
                return false;
        }
    }

    /** Skips the value of a field that is not declared. */
    private boolean skipValue(int depth) {
        switch (peek()) {
            case '"':
                return string();
            case '{':
                return skipNested('}', true, depth + 1);
            case '[':
                return skipNested(']', false, depth + 1);
            case 't':
                return word(TRUE);
            case 'f':
                return word(FALSE);
            case 'n':
                return word(NULL);
            default:
                return decimal();
        }
    }

    /** Skips an object or an array up to and with its closing bracket. */
    private boolean skipNested(char close, boolean named, int depth) {
        if (depth > MAX_DEPTH) {
            return false;
        }
        at++;
        skipSpace();
        if (peek() == close) {
            at++;
            return true;
        }
        while (true) {
            if (named) {
                int nameFrom = at;
                if (!string() || at - nameFrom > MAX_NAME_BYTES) {
                    return false;
                }
                skipSpace();
                if (peek() != ':') {
                    return false;
                }
                at++;
                skipSpace();
            }
            if (!skipValue(depth)) {
                return false;
            }
            skipSpace();
            byte c = peek();
            at++;
            if (c == close) {
                return true;
            }
            if (c != ',') {
                return false;
            }
            skipSpace();
        }
    }

    /** A string of printable ASCII without escapes; afterwards {@code at} is behind its closing quote. */
    private boolean string() {
        if (peek() != '"') {
            return false;
        }
        byte[] b = bytes;
        int i = at + 1;
        while (i < b.length) {
            byte c = b[i++];
            if (c == '"') {
                at = i;
                return true;
            }
            // Bytes beyond ASCII are negative here, and so unusual like control characters.
            if (c < ' ' || c == '\\') {
                return false;
            }
        }
        return false;
    }

    /** A whole number of up to 18 digits into {@link #number}. */
    private boolean wholeNumber() {
        boolean negative = peek() == '-';
        if (negative) {
            at++;
        }
        int from = at;
        long value = 0;
        while (at < bytes.length && bytes[at] >= '0' && bytes[at] <= '9') {
            value = value * 10 + (bytes[at++] - '0');
            if (at - from > MAX_DIGITS) {
                return false;
            }
        }
        if (at == from || (bytes[from] == '0' && (at - from > 1 || negative))) {
            return false;
        }
        number = negative ? -value : value;
        return true;
    }

    /** Skips a number, with a fraction or without; one with an exponent is unusual. */
    private boolean decimal() {
        if (!wholeNumber()) {
            return false;
        }
        if (peek() == '.') {
            at++;
            int from = at;
            while (at < bytes.length && bytes[at] >= '0' && bytes[at] <= '9') {
                at++;
            }
            return at > from && at - from <= MAX_DIGITS;
        }
        return true;
    }

    private boolean word(byte[] word) {
        int to = at + word.length;
        if (to > bytes.length || !Arrays.equals(word, 0, word.length, bytes, at, to)) {
            return false;
        }
        at = to;
        return true;
    }

    private void skipSpace() {
        while (at < bytes.length) {
            byte c = bytes[at];
            if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
                return;
            }
            at++;
        }
    }

    /** The byte at the present position, 0 at the end: no value and no mark begins with a 0. */
    private byte peek() {
        return at < bytes.length ? bytes[at] : 0;
    }
}
